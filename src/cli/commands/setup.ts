// `longattn setup`: brings the half that runs on torch, for layers above 0, losses and devices.
import type { CommandModule } from 'yargs';
import { SETUP } from '../../options/setup-options.js';
import { parseRows } from '../../options/parse-rows.js';
import { runCommand } from '../context.js';
import { addOptions, collectOptions } from '../options.js';
import { printResult, renderTable } from '../output.js';

export const setupCommand: CommandModule = {
  command: 'setup',
  describe:
    'bring the half for layers above 0, losses and devices: finds or downloads libtorch, takes a prebuilt half or compiles one',
  builder: (yargs) => addOptions(yargs, SETUP).example('$0 setup', '').example('$0 setup --from FOLDER', ''),
  handler: (argv) =>
    runCommand(argv, async ({ signal, json }) => {
      const options = parseRows(SETUP, collectOptions(SETUP, argv));
      const { setup } = await import('../../setup/setup.js');
      const result = await setup(options, { signal, onMessage: (line) => void process.stderr.write(`${line}\n`) });
      printResult(json ? JSON.stringify(result, null, 2) : renderTable(['what', 'found'], Object.entries(result)));
    }),
};
