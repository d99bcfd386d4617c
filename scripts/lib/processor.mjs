// What a figure was measured on: a name such as "AMD EPYC" is that of five generations, so family and model stand beside it; and so does AMX,
// which a virtual machine can hide of a processor that has it.
import { readFileSync } from 'node:fs';
import os from 'node:os';

/** Of /proc/cpuinfo, its first processor; where it has no numbers, the name alone. */
export function describeProcessor(cpuinfo) {
  const field = (name) => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(cpuinfo)?.[1].trim();
  const [name, family, model] = ['model name', 'cpu family', 'model'].map(field);
  const amx = / amx_bf16\b/.test(field('flags') ?? '') ? ', AMX' : '';
  return family && model ? `${name ?? 'unnamed'}, family ${family} model ${model}${amx}` : name;
}

/** The processor of this machine. */
export function processor() {
  let known;
  try {
    known = describeProcessor(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error; // not Linux
  }
  return known ?? os.cpus()[0].model.trim();
}
