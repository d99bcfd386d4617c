// Damaged corpora by seed: no input ends a process, hangs, or throws without a code. Beside mutate-run.test.ts, so that both run at once.
import { it } from '@jest/globals';
import { expectReadOrRefused } from '../support/mutation.js';

it('reads or refuses damaged files of each kind', () => expectReadOrRefused('mutate-corpus.mjs', 5), 900_000);
