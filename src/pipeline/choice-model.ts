// Is the model of a run the one that its choice of layer and heads was found on? The best layer of one model says nothing of another.
import { LongattnError } from '../base/errors.js';
import { openModelFolder, type ModelDescription } from '../model/open-model.js';
import { modelOptions, type Spec } from '../options/spec.js';

/**
 * Called before a run is started.
 * @throws LongattnError CHOICE_OF_ANOTHER_MODEL
 */
export async function requireChosenModel(
  spec: Pick<Spec, '_found' | 'ropeTheta' | 'configOverride' | 'dtype' | 'losses'>,
  model: Pick<ModelDescription, 'path' | 'layers' | 'revision'>,
): Promise<void> {
  const found = spec._found;
  const { layer } = found?.chosen ?? {};
  // A count was found without the model's help.
  if (!found || !layer) return;
  // The name of the weights depends on what is opened: the layers, and all of them and the head for the losses.
  const same = layer.join() === model.layers.join() && !spec.losses;
  const { revision } = same ? model : await openModelFolder(model.path, { layers: layer, ...modelOptions(spec) });
  if (revision === found.model.revision) return;
  throw new LongattnError(
    'CHOICE_OF_ANOTHER_MODEL',
    `The choice (layer ${layer.join()}) was found on the model ${found.model.path}, revision ${found.model.revision.slice(0, 12)}; ` +
      `${model.path} has revision ${revision.slice(0, 12)}. Give that model, run \`longattn validate\` with this one, or name --layers and --heads without the choice file.`,
  );
}
