// Why this machine cannot load the prebuilt core, in words that name what the machine has and what it would need.
const PROCESSOR = ['SIGILL', 'SIGSEGV', 'SIGBUS'];

export interface Machine {
  platform: NodeJS.Platform;
  arch: string;
  /** Version of the system's glibc; undefined: the C library is another one. */
  glibc: string | undefined;
}

/** Of the process that asks. */
export function thisMachine(): Machine {
  const { platform, arch } = process;
  // Asking for network interfaces can take seconds, and is no part of the question.
  Object.assign(process.report ?? {}, { excludeNetwork: true });
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return { platform, arch, glibc: report?.header?.glibcVersionRuntime };
}

/** Platforms that a core is offered for. */
const OFFERED = ['linux-x64', 'linux-arm64'];

/** Of a platform that no core is offered for; undefined: there is one. */
export function platformFault({ platform, arch, glibc }: Machine): string | undefined {
  if (platform === 'win32')
    return 'longattn computes attention on Linux. On Windows install it in WSL (wsl --install), with Node.js there';
  if (platform === 'linux' && glibc === undefined)
    return 'this system has musl or another C library (Alpine), and the prebuilt core needs glibc. Use an image with glibc, such as Debian, or build longattn from a clone';
  if (!OFFERED.includes(`${platform}-${arch}`))
    return `there is no prebuilt core for ${platform}-${arch}, only for ${OFFERED.join(', ')}. Build longattn from a clone`;
  return undefined;
}

/**
 * @param found what a try in a child process ended with
 * @param needs the glibc that the core was built for
 */
export function loadFault(found: string, machine: Machine, needs: string | undefined): string {
  if (needs !== undefined && machine.glibc !== undefined && isOlder(machine.glibc, needs))
    return `needs glibc ${needs} or newer, and this system has ${machine.glibc}. Use a newer system or image, or build longattn from a clone`;
  if (PROCESSOR.includes(found))
    return `ends its process with ${found}: this processor lacks instructions that it uses, or it was built for another one. Build longattn from a clone`;
  return `cannot be loaded: ${found}`;
}

function isOlder(version: string, minimum: string): boolean {
  const [a, b] = [version, minimum].map((text) => text.split('.').map(Number)) as [number[], number[]];
  return a[0] !== b[0] ? a[0]! < b[0]! : (a[1] ?? 0) < (b[1] ?? 0);
}
