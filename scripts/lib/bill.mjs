// What the packages of a release hold that others have written: a bill of materials (CycloneDX, as `npm sbom` writes it) and a list of licences.
//
// npm's own --omit=dev leaves out what a tool of development needs as well, so the whole bill is taken and cut to what `npm ls` names, what the
// page's bundle holds (dist/explorer/LICENSES.txt) and what is compiled into the core.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root, run, SetupError } from './step.mjs';

const WHERE = {
  dependency: 'a dependency of npm; in the wheel',
  page: 'in the script of the page',
  core: 'in the core',
};

/** name@version of each package that a user gets. */
function carried() {
  const found = new Map();
  const add = (one, where) => found.set(one, [...new Set([...(found.get(one) ?? []), where])]);
  const listed = run('npm', ['ls', '--omit=dev', '--all', '--parseable'], { quiet: true }).trim().split('\n');
  for (const folder of listed.slice(1)) add(nameOf(folder), 'dependency');
  const bundled = readFileSync(path.join(root, 'dist', 'explorer', 'LICENSES.txt'), 'utf8').split(
    `\n${'-'.repeat(78)}\n\n`,
  );
  for (const text of bundled) add(text.split('\n', 1)[0].replace(' ', '@'), 'page');
  add(nameOf(path.join(root, 'node_modules', 'node-addon-api')), 'core');
  return found;
}

function nameOf(folder) {
  const { name, version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return `${name}@${version}`;
}

/** As an SPDX identifier, an expression of them, or a name. */
function licenceOf({ licenses = [] }) {
  return licenses.map(({ license, expression }) => expression ?? license.id ?? license.name).join(' and ');
}

/**
 * Writes longattn-VERSION.cdx.json and longattn-VERSION-licences.md.
 * @param runtime libraries in the core's package that are no package of npm: name, version, licence
 * @throws SetupError for one that npm does not know or that names no licence
 */
export function writeBill(out, version, runtime) {
  const bill = JSON.parse(run('npm', ['sbom', '--sbom-format=cyclonedx'], { quiet: true }));
  const known = new Map(bill.components.map((one) => [`${one.name}@${one.version}`, one]));
  const components = [...carried()].map(([one, where]) => {
    const component = known.get(one);
    if (!component || licenceOf(component) === '')
      throw new SetupError(`${one} is carried, and npm names no licence of it.`);
    // How this clone uses it is nothing that a user would ask.
    return { ...component, scope: 'required', properties: where.map((value) => ({ name: 'longattn:carried', value })) };
  });
  const native = runtime.map(({ name, version: of, licence }) => ({
    ...{ 'bom-ref': `${name}@${of}`, type: 'library', name, version: of, scope: 'required' },
    ...{ licenses: [{ expression: licence }], properties: [{ name: 'longattn:carried', value: 'core' }] },
  }));
  const all = [...components, ...native].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1));
  const refs = new Set([...all.map((one) => one['bom-ref']), bill.metadata.component['bom-ref']]);
  const dependencies = bill.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((to) => refs.has(to)) }));
  bill.metadata.component.name = 'longattn';
  const file = path.join(out, `longattn-${version}.cdx.json`);
  writeFileSync(file, `${JSON.stringify({ ...bill, components: all, dependencies }, null, 2)}\n`);
  const rows = all.map((one) => {
    const where = one.properties.map(({ value }) => WHERE[value]).join('; ');
    return `| ${one.name} | ${one.version} | ${licenceOf(one)} | ${where} |`;
  });
  const head = `# What longattn ${version} carries\n\n| name | version | licence | where |\n| --- | --- | --- | --- |\n`;
  writeFileSync(path.join(out, `longattn-${version}-licences.md`), `${head}${rows.join('\n')}\n`);
  return all.length;
}
