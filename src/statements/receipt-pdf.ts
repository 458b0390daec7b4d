import PDFDocument from 'pdfkit';
import type { ReceiptText } from './receipt-text.ts';

const MARGIN = 56;
const WIDTH = 595.28 - 2 * MARGIN;
const AMOUNT_WIDTH = 130;
const NAME_WIDTH = 90;

/**
 * Prints a receipt on A4. The same text and instant give the same bytes.
 * @param at the instant that the file says it was made at.
 * @param compress whether its text is compressed.
 */
export function receiptPdf(text: ReceiptText, at: Date, compress = true): Promise<Buffer> {
  const document = new PDFDocument({
    size: 'A4',
    margin: MARGIN,
    compress,
    info: {
      Title: printable(`${text.title} ${text.facts[0]?.[1] ?? ''}`),
      Author: printable(text.issuer.name),
      Creator: 'Drawdown',
      Producer: 'Drawdown',
      CreationDate: at,
      ModDate: at,
    },
  });
  const whole = collected(document);
  heading(document, text);
  for (const [name, value] of text.facts) fact(document, name, value);
  rule(document);
  for (const [what, amount] of text.lines) line(document, what, amount, 'Helvetica');
  rule(document);
  line(document, ...text.total, 'Helvetica-Bold');
  document.moveDown(2).font('Helvetica').fontSize(8).fillColor('#666666').text(printable(text.note));
  document.end();
  return whole;
}

function collected(document: PDFKit.PDFDocument): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    document.on('data', (chunk: Buffer) => chunks.push(chunk));
    document.on('end', () => resolve(Buffer.concat(chunks)));
    document.on('error', reject);
  });
}

function heading(document: PDFKit.PDFDocument, { title, issuer }: ReceiptText): void {
  document.font('Helvetica-Bold').fontSize(20).text(title);
  document.moveDown(0.5).fontSize(10).text(printable(issuer.name));
  document.font('Helvetica');
  for (const address of issuer.address) document.text(printable(address));
  document.moveDown(1.5);
}

function fact(document: PDFKit.PDFDocument, name: string, value: string): void {
  const { y } = document;
  document.font('Helvetica-Bold').fontSize(10).text(name, MARGIN, y, { width: NAME_WIDTH });
  document.font('Helvetica').text(printable(value), MARGIN + NAME_WIDTH, y, { width: WIDTH - NAME_WIDTH });
  document.x = MARGIN;
}

function line(document: PDFKit.PDFDocument, what: string, amount: string, font: string): void {
  const { y } = document;
  document.font(font).fontSize(10);
  document.text(printable(amount), MARGIN + WIDTH - AMOUNT_WIDTH, y, { width: AMOUNT_WIDTH, align: 'right' });
  document.text(printable(what), MARGIN, y, { width: WIDTH - AMOUNT_WIDTH });
  document.x = MARGIN;
}

function rule(document: PDFKit.PDFDocument): void {
  const y = document.y + 8;
  document
    .moveTo(MARGIN, y)
    .lineTo(MARGIN + WIDTH, y)
    .lineWidth(0.5)
    .strokeColor('#999999')
    .stroke();
  document.y = y + 10;
}

/** The fonts that every reader has know Latin-1 and a few signs beside: anything else is printed as "?". */
export function printable(text: string): string {
  const composed = text.normalize('NFC').replace(/\p{Cc}+/gu, ' ');
  return composed.replace(
    /[^\u0020-\u007e\u00a0-\u00ff\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026\u20ac]/gu,
    '?',
  );
}
