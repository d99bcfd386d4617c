// docs/options.md: every option of every command, from the tables of src/options.

const TITLES = {
  run: '`longattn run`, `window`, `score`, `select`, `export`',
};

/**
 * @param options what src/options/commands.ts and row.ts export: COMMAND_OPTIONS, GROUPS, flagOf, variableOf
 * @returns the text of the page
 */
export function optionsPage({ COMMAND_OPTIONS, GROUPS, flagOf, variableOf }) {
  const cell = (text) => text.replaceAll('|', '\\|');
  const rowOf = ([name, { alias, default: value, absent, allowed, help, kind, stage, variable, formerly = [] }]) => [
    `\`--${flagOf(name)}\`${alias ? `, \`-${alias}\`` : ''}${kind === 'list' ? ' (repeatable)' : ''}`,
    `${help}${formerly.length > 0 ? ` (was \`--${formerly.map(flagOf).join('`, `--')}\`)` : ''}`,
    allowed,
    absent ?? (value === undefined ? '' : `\`${value}\``),
    stage === 'none' ? '' : stage,
    variable === false ? '' : `\`${variableOf(name)}\``,
  ];
  const sections = Object.entries(COMMAND_OPTIONS).map(([command, rows]) => {
    const groups = Object.keys(GROUPS).filter((group) => Object.values(rows).some((row) => row.group === group));
    const tables = groups.map((group) => {
      const lines = Object.entries(rows).filter(([, row]) => row.group === group);
      return [
        `### ${GROUPS[group].replace(/:$/, '')}`,
        '| option | what | allowed | default | decides | variable |',
        '| --- | --- | --- | --- | --- | --- |',
        ...lines.map((line) => `| ${rowOf(line).map(cell).join(' | ')} |`),
        '',
      ].join('\n');
    });
    return [`## ${TITLES[command] ?? `\`longattn ${command}\``}`, ...tables].join('\n');
  });
  return `# Options

Written by \`node scripts/options-page.mjs\` from the tables in \`src/options\`. A flag comes before its variable, that before \`--config FILE\`
(JSON with the long names in camel case, as in Node), that before the default. "Decides" is the stage whose bytes an option decides: a
run is not resumed with another value for windows or scores. An option of these that is not given keeps the run's value;
without an option of a selection \`export\` writes what was selected last, while \`run\` and \`select\` take the defaults.
Commands with RUN take it as an argument; \`run\`, \`window\`, \`score\`, \`select\`, \`export\` and \`validate\` as \`-o RUN\` too. \`plan\`, \`work\`, \`finish\`, \`slurm\`
and \`kubernetes\` also take the options of a run that concern them.

${sections.join('\n')}`;
}
