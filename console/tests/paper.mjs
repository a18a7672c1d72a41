// What is printed: the words of each page of a PDF as Chromium writes it, read without another program.

import { inflateSync } from 'node:zlib';

/** The text of every page, a line for each piece of it. */
export function paper(pdf) {
  const objects = new Map([...pdf.toString('latin1').matchAll(/(\d+) 0 obj\n([\s\S]*?)\nendobj/g)].map(([, id, body]) => [id, body]));
  const unpacked = (id) => {
    const body = objects.get(id);
    return inflateSync(Buffer.from(body.slice(body.indexOf('stream\n') + 7), 'latin1')).toString('latin1');
  };
  const utf16 = (hex) => Buffer.from(hex, 'hex').swap16().toString('utf16le');
  /** How many digits a glyph of this font has, and what each means. */
  const fonts = new Map();
  function font(id) {
    if (fonts.has(id)) return fonts.get(id);
    const [space, map] = unpacked(/\/ToUnicode (\d+) 0 R/.exec(objects.get(id))[1]).split('endcodespacerange');
    const glyphs = new Map();
    for (const [, one, to] of map.matchAll(/^<(\w+)> <(\w+)>$/gm)) glyphs.set(parseInt(one, 16), utf16(to));
    for (const [, first, last, to] of map.matchAll(/^<(\w+)> <(\w+)> <(\w+)>$/gm)) {
      for (let n = parseInt(first, 16); n <= parseInt(last, 16); n++) glyphs.set(n, String.fromCharCode(parseInt(to, 16) + n - parseInt(first, 16)));
    }
    const read = { digits: /begincodespacerange\n<(\w+)>/.exec(space)[1].length, glyphs };
    return fonts.set(id, read) && read;
  }
  function words(page) {
    const named = new Map([...page.matchAll(/\/(F\d+) (\d+) 0 R/g)].map(([, name, id]) => [name, id]));
    let [now, said] = [undefined, ''];
    for (const [, name, shown] of unpacked(/\/Contents (\d+) 0 R/.exec(page)[1]).matchAll(/\/(F\d+) [\d.]+ Tf|(<\w*>|^ET$)/gm)) {
      if (name) now = font(named.get(name));
      else if (shown === 'ET') said += '\n';
      else for (const hex of shown.slice(1, -1).match(new RegExp(`.{${now.digits}}`, 'g')) ?? []) said += now.glyphs.get(parseInt(hex, 16)) ?? ' ';
    }
    return said;
  }
  return [...objects.values()].filter((body) => /\/Type \/Page\b/.test(body)).map(words);
}
