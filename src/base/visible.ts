// A stranger's text where a control character would do something: in a terminal it moves the cursor, in a line it turns the direction.

/** Control characters, direction marks and halves of surrogate pairs as signs. @param keep characters that stay as they are */
export function visible(text: string, keep = ''): string {
  return text.replace(
    // eslint-disable-next-line no-control-regex -- they are what is looked for
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
    (sign) =>
      keep.includes(sign) ? sign : sign <= '\u001f' ? String.fromCharCode(0x2400 + sign.charCodeAt(0)) : '\ufffd',
  );
}
