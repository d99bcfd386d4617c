// Damaged models and run directories by seed: none ends a process, hangs, or throws without a code.
import { it } from '@jest/globals';
import { expectReadOrRefused } from '../support/mutation.js';

it('reads or refuses damaged files of each kind', () => expectReadOrRefused('mutate-run.mjs', 8), 900_000);
