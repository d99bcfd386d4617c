// Is the model of a run the one that its choice of layer and heads was found on? The best layer of one model says nothing of another.
import { LongattnError } from '../errors.js';
import { openModelFolder, type ModelDescription } from '../model/open-model.js';
import type { Spec } from '../spec.js';

/**
 * Called before a run is started.
 * @throws LongattnError CHOICE_OF_ANOTHER_MODEL
 */
export async function requireChosenModel(
  spec: Pick<Spec, '_found' | 'ropeTheta'>,
  model: Pick<ModelDescription, 'path' | 'layers' | 'revision'>,
): Promise<void> {
  const found = spec._found;
  if (!found) return;
  const { layer } = found.chosen;
  const { ropeTheta } = spec;
  // The name of the weights depends on the layers that are opened.
  const revision =
    layer.join() === model.layers.join()
      ? model.revision
      : (await openModelFolder(model.path, { layers: layer, ...(ropeTheta === undefined ? {} : { ropeTheta }) }))
          .revision;
  if (revision === found.model.revision) return;
  throw new LongattnError(
    'CHOICE_OF_ANOTHER_MODEL',
    'usage',
    `The choice (layer ${layer.join()}) was found on the model ${found.model.path}, revision ${found.model.revision.slice(0, 12)}; ` +
      `${model.path} has revision ${revision.slice(0, 12)}. Give that model, run \`longattn validate\` with this one, or name --layer and --heads without the choice file.`,
  );
}
