#!/usr/bin/env node
// Every type that a public signature names is public itself: whoever gets a value from the Node API can name its type. Exit code 1 and the
// lines if not.
import path from 'node:path';
import ts from 'typescript';
import { root } from './lib/step.mjs';

/** Helpers that a type is computed with, and that nobody would name. */
const INNER = new Set(['CodeOf', 'Named', 'Parsed', 'Shared', 'Table']);

const { config } = ts.readConfigFile(path.join(root, 'tsconfig.build.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const index = path.join(root, 'src', 'index.ts');
const program = ts.createProgram([index], options);
const checker = program.getTypeChecker();

const target = (symbol) => (symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(index)));
const known = new Set(exported.map(target));

/** Types of our own that a declaration names: not those of its body, of private members, or of a constant that has none written down. */
function* typesIn(node) {
  if (ts.isBlock(node) || (ts.isVariableDeclaration(node) && node.initializer && !node.type)) return;
  if (node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)) return;
  const name = ts.isTypeReferenceNode(node) ? node.typeName : ts.isExpressionWithTypeArguments(node) && node.expression;
  const symbol = name && target(checker.getSymbolAtLocation(name));
  const file = symbol?.declarations?.[0]?.getSourceFile().fileName;
  if (file?.startsWith(path.join(root, 'src')) && !(symbol.flags & ts.SymbolFlags.TypeParameter)) yield symbol;
  for (const child of node.getChildren()) yield* typesIn(child);
}

const faults = new Set();
for (const symbol of exported) {
  for (const declaration of target(symbol).declarations ?? []) {
    for (const type of typesIn(declaration)) {
      if (known.has(type) || INNER.has(type.name)) continue;
      faults.add(`src/index.ts: ${symbol.name} is exported, and the type ${type.name} that it names is not`);
    }
  }
}
for (const fault of faults) console.error(fault);
process.exitCode = faults.size > 0 ? 1 : 0;
