/** Which addresses are out in the internet, where everybody is reached, and not on this machine, in its network, or of its provider. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Everything that the registry of special addresses of IANA has for IPv4, with what clouds tell their machines at. */
const special4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // The metadata of most clouds among them.
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // Metadata of Azure.
  ['168.63.129.16', 32],
];

/** Of IPv6 only what is handed out to networks of the internet counts, and of that not: protocols, tunnels, documentation. */
const global6: readonly (readonly [string, number])[] = [['2000::', 3]];
const special6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
];

const notPublic4 = listOf(special4, 'ipv4');
const public6 = listOf(global6, 'ipv6');
const notPublic6 = listOf(special6, 'ipv6');

/** Of an address as the system writes it. What is none, or names a network card, is not public. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !notPublic4.check(address, 'ipv4');
  if (!isIPv6(address) || address.includes('%')) return false;
  return public6.check(address, 'ipv6') && !notPublic6.check(address, 'ipv6');
}

function listOf(subnets: readonly (readonly [string, number])[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const [address, bits] of subnets) list.addSubnet(address, bits, family);
  return list;
}
