// `longattn annotate RUN`: a row a document, beside the corpus.
import type { CommandModule } from 'yargs';
import { counted } from '../../base/counted.js';
import { ANNOTATE } from '../../options/annotate-options.js';
import { parseRows } from '../../options/parse-rows.js';
import { runCommand } from '../context.js';
import { addOptions, collectOptions, once } from '../options.js';
import { printResult } from '../output.js';

export const annotateCommand: CommandModule = {
  command: 'annotate <run>',
  describe: 'write a row for every document of the corpus: its windows, scores and why it has none',
  builder: (yargs) =>
    addOptions(yargs, ANNOTATE)
      .positional('run', { type: 'string', describe: 'the run directory, with a selection', demandOption: true })
      .example('$0 annotate RUN -o OUT', 'then join OUT/NAME.parquet with the file NAME')
      .example('$0 annotate RUN --scores gzip,last-recurrence-2', 'with the mean, max and min of these too'),
  handler: (argv) =>
    runCommand(argv, async ({ signal, progress, json }) => {
      const options = parseRows(ANNOTATE, collectOptions(ANNOTATE, argv));
      const { annotate } = await import('../../annotate/annotate.js');
      const result = await annotate(once(argv, 'run')!, options, { signal, onProgress: progress.on });
      progress.stop();
      const { rows, documents, tooShort, refused, files, folder } = result;
      printResult(
        json
          ? JSON.stringify(result, null, 2)
          : `${counted(rows, 'row')}: ${counted(documents, 'document')} with windows, ${tooShort.toLocaleString('en')} too short, ${refused.toLocaleString('en')} refused\n` +
              `${counted(files.length, 'file')} in ${folder}`,
      );
    }),
};
