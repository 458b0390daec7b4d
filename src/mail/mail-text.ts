/** What may stand in a mail. Pure. */

const ADDRESS = /^[^\s@<>(),;:"\\[\]\p{C}]{1,64}@[^\s@<>(),;:"\\[\]\p{C}]{1,189}$/u;
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu;
const LONGEST_SUBJECT = 200;

/** Whether this is one address, and nothing that a mail program could take for more than one or for a header. */
export function isAddress(text: string): boolean {
  return ADDRESS.test(text);
}

/** One line: what would end a header becomes a blank. */
export function subjectLine(text: string): string {
  const line = text.toWellFormed().replace(CONTROLS, ' ').trim();
  return line.length <= LONGEST_SUBJECT ? line : `${line.slice(0, LONGEST_SUBJECT - 1).toWellFormed()}…`;
}

/** Text that the database can store: without NUL and lone surrogates. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

/** What a reader sees is `text`, whatever is in it. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)]/g;

/** The same as a page: paragraphs at empty lines, links that can be followed, everything else as it is written. */
export function htmlOf(text: string): string {
  const paragraphs = text
    .trim()
    .split(/\n{2,}/)
    .map((paragraph) => `<p>${linked(paragraph).replaceAll('\n', '<br>\n')}</p>`);
  return `<!doctype html>\n<html lang="en"><body style="font-family: sans-serif">\n${paragraphs.join('\n')}\n</body></html>\n`;
}

function linked(text: string): string {
  let html = '';
  let end = 0;
  for (const { 0: link, index } of text.matchAll(LINK)) {
    const escaped = escapeHtml(link);
    html += `${escapeHtml(text.slice(end, index))}<a href="${escaped}">${escaped}</a>`;
    end = index + link.length;
  }
  return html + escapeHtml(text.slice(end));
}

/** The Message-ID of a mail: the same each time it is sent, so that a duplicate can be told. */
export function messageId(mailId: string, from: string): string {
  const domain = /@([a-z0-9.-]+)>?\s*$/i.exec(from)?.[1] ?? 'localhost';
  return `<${mailId}@${domain}>`;
}
