// Smaller PNGs: pictures of pages have few colours, and a palette of the 256 most used leaves nothing to be seen of it.

import { deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
const COLOURS_MAX = 256;
const TRUE_COLOUR = 2;
const TRUE_COLOUR_ALPHA = 6;
const PALETTE = 3;

/** The same picture with a palette. Takes what Chromium writes: 8 bits a channel, not interlaced. */
export function shrink(png) {
    const { width, height, pixels } = decode(png);
    const counts = new Map();
    for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
    const palette = [...counts].sort(([, one], [, other]) => other - one).slice(0, COLOURS_MAX).map(([colour]) => colour);
    const places = new Map([...counts.keys()].map((colour) => [colour, nearest(palette, colour)]));
    const rows = Buffer.alloc((width + 1) * height);
    pixels.forEach((pixel, at) => (rows[at + Math.floor(at / width) + 1] = places.get(pixel)));
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header.set([8, PALETTE, 0, 0, 0], 8);
    return Buffer.concat([
        SIGNATURE,
        chunk("IHDR", header),
        chunk("PLTE", Buffer.from(palette.flatMap((colour) => channels(colour).slice(0, 3)))),
        chunk("tRNS", Buffer.from(palette.map((colour) => channels(colour)[3]))),
        chunk("IDAT", deflateSync(rows, { level: 9 })),
        chunk("IEND", Buffer.alloc(0)),
    ]);
}

function decode(png) {
    const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
    const [depth, type, , , interlaced] = png.subarray(24, 29);
    if (depth !== 8 || interlaced || ![TRUE_COLOUR, TRUE_COLOUR_ALPHA].includes(type)) throw new Error("not a PNG of Chromium's");
    const size = type === TRUE_COLOUR ? 3 : 4;
    const data = [];
    for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
        if (png.toString("latin1", at + 4, at + 8) === "IDAT") data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
    }
    const rows = inflateSync(Buffer.concat(data));
    const pixels = new Uint32Array(width * height);
    let above = Buffer.alloc(width * size);
    for (let y = 0; y < height; y += 1) {
        const start = y * (width * size + 1);
        const row = rows.subarray(start + 1, start + 1 + width * size);
        unfilter(rows[start], row, above, size);
        for (let x = 0; x < width; x += 1) {
            const [red, green, blue, alpha = 255] = row.subarray(x * size, (x + 1) * size);
            pixels[y * width + x] = ((red << 24) | (green << 16) | (blue << 8) | alpha) >>> 0;
        }
        above = row;
    }
    return { width, height, pixels };
}

/** Undoes a row's filter in its place, as the PNG specification has it (9.2). */
function unfilter(filter, row, above, size) {
    for (let at = 0; at < row.length; at += 1) {
        const left = at < size ? 0 : row[at - size];
        const corner = at < size ? 0 : above[at - size];
        row[at] += [0, left, above[at], (left + above[at]) >> 1, paeth(left, above[at], corner)][filter];
    }
}

function paeth(left, above, corner) {
    const guess = left + above - corner;
    const [a, b, c] = [left, above, corner].map((value) => Math.abs(guess - value));
    if (a <= b && a <= c) return left;
    return b <= c ? above : corner;
}

function nearest(palette, colour) {
    const wanted = channels(colour);
    const distances = palette.map((candidate) =>
        channels(candidate).reduce((sum, value, index) => sum + (value - wanted[index]) ** 2, 0),
    );
    return distances.indexOf(Math.min(...distances));
}

function channels(colour) {
    return [colour >>> 24, (colour >>> 16) & 255, (colour >>> 8) & 255, colour & 255];
}

function chunk(type, data) {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(data.length, 0);
    head.write(type, 4, "latin1");
    const tail = Buffer.alloc(4);
    tail.writeUInt32BE(checksum(Buffer.concat([head.subarray(4), data])), 0);
    return Buffer.concat([head, data, tail]);
}

/** CRC-32; zlib.crc32 is only in newer versions of Node.js. */
function checksum(data) {
    let crc = ~0;
    for (const byte of data) {
        crc ^= byte;
        for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc >>> 0;
}
