// Numbers in what the page asks for. The page asks well; whatever else asks is told what is allowed.
import { invalid } from '../base/errors.js';

/** @throws LongattnError INVALID_OPTION */
export function wholeOf(query: URLSearchParams, name: string, below: number): number {
  const word = query.get(name);
  const value = Number(word);
  if (word !== null && /^\d{1,15}$/.test(word) && value < below) return value;
  throw invalid(name, word, `a whole number from 0 to ${below - 1}`);
}
