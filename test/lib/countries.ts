// A database of addresses in MaxMind's DB format (version 2, IPv4 tree), for tests that are somewhere.
import { writeFileSync } from 'node:fs';

type Node = [Node | number | undefined, Node | number | undefined];

const name = (s: string) => [0x40 + s.length, ...Buffer.from(s)]; // up to 28 bytes

/** { '192.0.2.0/24': 'DE' } */
export function writeCountries(path: string, networks: Record<string, string>): void {
  const root: Node = [undefined, undefined];
  const nodes: Node[] = [root];
  const data: number[] = [];
  for (const [network, country] of Object.entries(networks)) {
    const [address, bits] = network.split('/') as [string, string];
    const number = address.split('.').reduce((n, part) => n * 256 + Number(part), 0);
    let node = root;
    for (let i = 0; i < Number(bits); i++) {
      const side = Math.floor(number / 2 ** (31 - i)) % 2;
      if (i === Number(bits) - 1) {
        node[side] = data.length;
        data.push(0xe1, ...name('country'), 0xe1, ...name('iso_code'), ...name(country));
      } else {
        if (typeof node[side] !== 'object') nodes.push((node[side] = [undefined, undefined]));
        node = node[side] as Node;
      }
    }
  }
  const record = (v: Node | number | undefined) => {
    const n = v === undefined ? nodes.length : typeof v === 'number' ? nodes.length + 16 + v : nodes.indexOf(v);
    return [n >> 16, (n >> 8) & 255, n & 255];
  };
  const number16 = (n: number) => [0xa2, n >> 8, n & 255];
  const about = [
    ...name('node_count'), 0xc2, nodes.length >> 8, nodes.length & 255, ...name('record_size'), ...number16(24), ...name('ip_version'), ...number16(4),
    ...name('database_type'), ...name('GeoLite2-Country'), ...name('binary_format_major_version'), ...number16(2),
    ...name('binary_format_minor_version'), ...number16(0), ...name('build_epoch'), 0x01, 0x02, 0x01, ...name('description'), 0xe0, ...name('languages'), 0x00, 0x04,
  ];
  const tree = nodes.flatMap((node) => [...record(node[0]), ...record(node[1])]);
  writeFileSync(path, Buffer.from([...tree, ...Array(16).fill(0), ...data, 0xab, 0xcd, 0xef, ...Buffer.from('MaxMind.com'), 0xe9, ...about]));
}
