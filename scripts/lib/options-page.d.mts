export function optionsPage(options: {
  COMMAND_OPTIONS: object;
  GROUPS: object;
  flagOf: (name: string) => string;
  variableOf: (name: string) => string;
}): string;
