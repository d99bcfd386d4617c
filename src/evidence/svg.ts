// Text in a picture: names come from the user's domains, models and scores.

/** With what means something in XML as numbered references. */
export function svgText(content: string): string {
  return content.replace(/[&<>"]/g, (char) => `&#${char.codePointAt(0)};`);
}
