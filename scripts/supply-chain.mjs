// What this program is made of. `supply-chain.mjs` checks it: every package has a licence that may be shipped, none runs a script of
// its own at installation that nobody has allowed, and THIRD_PARTY_NOTICES and sbom.cdx.json name the packages of the lock file.
// `supply-chain.mjs write` makes those two files.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** Licences that ask for no more than to be named. A new one is looked at by a person first. */
const licences = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Unlicense',
]);
/** Only used while it is built and tested: not shipped, so that these may be here too. A package without a licence is looked at by name. */
const licencesOfTools = new Set([...licences, 'CC-BY-3.0', 'MPL-2.0', 'WTFPL']);
const toolsWithoutLicence = new Set(['jsonc-simple-parser']);

const notices = 'THIRD_PARTY_NOTICES';
const sbom = 'sbom.cdx.json';

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const { allowScripts } = JSON.parse(readFileSync('package.json', 'utf8'));
const all = Object.entries(packages)
  .filter(([path]) => path !== '')
  .map(([path, entry]) => ({ path, name: path.slice(path.lastIndexOf('node_modules/') + 13), ...entry }));
const shipped = all.filter(({ dev, devOptional }) => !dev && !devOptional);

if (process.argv[2] === 'write') {
  writeFileSync(notices, noticesText());
  writeFileSync(sbom, `${JSON.stringify(materials(), null, 2)}\n`);
  console.log(`${notices} and ${sbom} name ${shipped.length} packages.`);
} else {
  const faults = [...licenceFaults(), ...scriptFaults(), ...staleFaults()];
  for (const fault of faults) console.log(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

function licenceFaults() {
  return all.flatMap(({ name, version, license, dev }) => {
    if (license === undefined) {
      return dev && toolsWithoutLicence.has(name) ? [] : [`${name} ${version} names no licence.`];
    }
    const allowed = dev ? licencesOfTools : licences;
    const choices = license.replace(/[()]/g, '').split(' OR ');
    return choices.some((one) => one.split(' AND ').every((part) => allowed.has(part)))
      ? []
      : [`${name} ${version} has the licence ${license}, which nobody has looked at.`];
  });
}

/** `allowScripts` of package.json is what npm goes by; what it does not name must have none. */
function scriptFaults() {
  return all
    .filter(
      ({ name, hasInstallScript, ...made }) => hasInstallScript && allowScripts[name] !== true && !isElsewhere(made),
    )
    .map(
      ({ name, version }) => `${name} ${version} runs a script when it is installed, which allowScripts does not name.`,
    );
}

/** Packages for systems that this program is not made for are never installed. */
function isElsewhere({ os = ['linux'], cpu = ['x64'] }) {
  const isMade = (list, wanted) => wanted.some((one) => list.includes(one));
  return !isMade(os, ['linux', 'darwin']) || !isMade(cpu, ['x64', 'arm64', 'arm']);
}

function staleFaults() {
  const wanted = new Set(shipped.map(({ name, version }) => `${name}@${version}`));
  return [
    [notices, [...readFileSync(notices, 'utf8').matchAll(/^- (\S+@\S+) \(/gm)].map(([, one]) => one)],
    [sbom, JSON.parse(readFileSync(sbom, 'utf8')).components.map(({ purl }) => nameOf(purl))],
  ].flatMap(([file, found]) => {
    const named = new Set(found);
    const missing = [...wanted].filter((one) => !named.has(one));
    const surplus = [...named].filter((one) => !wanted.has(one));
    if (missing.length + surplus.length === 0) return [];
    return [
      `${file} is not about the packages of the lock file (${[...missing, ...surplus].slice(0, 3).join(', ')}); \`npm run sbom\` makes it again.`,
    ];
  });
}

function nameOf(purl) {
  return decodeURIComponent(purl.replace(/^pkg:npm\//, ''));
}

/**
 * CycloneDX 1.5, of what the lock file says is shipped. `npm sbom --omit dev` leaves out packages that tools need as well, such as
 * commander.
 */
function materials() {
  const { name, version, description, license } = JSON.parse(readFileSync('package.json', 'utf8'));
  const own = `pkg:npm/${name}@${version}`;
  const direct = Object.keys(packages[''].dependencies).map((one) => purlOf(packages[`node_modules/${one}`], one));
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': own,
        name,
        version,
        description,
        purl: own,
        licenses: licensesOf(license),
      },
    },
    components: distinct(shipped).map((one) => ({
      type: 'library',
      'bom-ref': purlOf(one, one.name),
      name: one.name,
      version: one.version,
      purl: purlOf(one, one.name),
      licenses: licensesOf(one.license),
      hashes: hashesOf(one.integrity),
      externalReferences: one.resolved ? [{ type: 'distribution', url: one.resolved }] : [],
    })),
    dependencies: [
      { ref: own, dependsOn: direct.sort() },
      ...distinct(shipped).map((one) => ({ ref: purlOf(one, one.name), dependsOn: neededBy(one) })),
    ],
  };
}

function distinct(list) {
  return [...new Map(list.map((one) => [`${one.name}@${one.version}`, one])).values()].sort((a, b) =>
    `${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1,
  );
}

function purlOf({ version }, name) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function licensesOf(license) {
  return [/ (OR|AND) /.test(license) ? { expression: license.replace(/^\(|\)$/g, '') } : { license: { id: license } }];
}

/** The lock file has them in base64. */
function hashesOf(integrity = '') {
  const [algorithm, value] = integrity.split('-');
  return value === undefined
    ? []
    : [{ alg: algorithm.replace('sha', 'SHA-'), content: Buffer.from(value, 'base64').toString('hex') }];
}

/** What it loads, found as Node does: from its own folder upwards. */
function neededBy({ path, dependencies = {}, optionalDependencies = {} }) {
  const found = Object.keys({ ...dependencies, ...optionalDependencies }).flatMap((name) => {
    for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
      const entry = packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`];
      if (entry !== undefined) return entry.dev ? [] : [purlOf(entry, name)];
      if (folder === '') return [];
    }
  });
  return [...new Set(found)].sort();
}

/** Every shipped package under the text of its licence; those with the same text together. */
function noticesText() {
  const byText = new Map();
  for (const one of shipped) {
    const text = licenceText(one);
    byText.set(text, [...(byText.get(text) ?? []), one]);
  }
  const parts = [...byText].map(([text, of]) => {
    const names = of.map(({ name, version, license }) => `- ${name}@${version} (${license})`);
    return [...[...new Set(names)].sort(), '', text].join('\n');
  });
  const head =
    'Resource-Share is shipped with, or loads, these packages. Each comes under the licence that follows its name.';
  return `${[head, ...parts.sort()].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

function licenceText({ path, name, license }) {
  let files = [];
  try {
    files = readdirSync(path);
  } catch {
    return `The licence ${license}. (${name} is for another system than the one this file was made on.)`;
  }
  const file = files.find((one) => /^(licen[cs]e|copying)(\.|-|$)/i.test(one));
  if (file === undefined) return `The licence ${license}. (${name} carries no text of it.)`;
  return readFileSync(join(path, file), 'utf8').replaceAll('\r\n', '\n').trim();
}
