// What the packages of npm and PyPI carry beside dist: what `longattn model fetch` and `longattn setup` start, and what setup compiles.
export const NATIVE = ['native', 'cmake', 'CMakeLists.txt'];
export const SCRIPTS = [
  'scripts/fetch-libtorch.py',
  'scripts/fetch-cuda.py',
  'scripts/libtorch',
  'scripts/make-smollm2.py',
  'scripts/lib/native-tools.mjs',
  'scripts/lib/step.mjs',
];
export const TESTS_OF_NATIVE = /native\/core\/(test|bench|fuzz)(\/|$)/;
