// How the console is built: nothing inline (the policy forbids it), every text file also compressed, the licences of what is inside.

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

const files = (dir: string): string[] => readdirSync(dir).flatMap((name) => {
  const path = join(dir, name);
  return statSync(path).isDirectory() ? files(path) : [path];
});

/** The server packs nothing: `.br` and `.gz` lie beside what they are of. */
function packed(): Plugin {
  return {
    name: 'packed',
    apply: 'build',
    closeBundle() {
      for (const path of files('dist/site').filter((f) => /\.(html|js|css|svg|txt|webmanifest)$/.test(f))) {
        const bytes = readFileSync(path);
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

/** What we use of others' work is named in what we give away. */
function licences(): Plugin {
  const used = new Set<string>();
  return {
    name: 'licences',
    apply: 'build',
    generateBundle(_, bundle) {
      for (const part of Object.values(bundle)) {
        const modules = part.type === 'chunk' ? Object.keys(part.modules) : part.originalFileNames;
        for (const id of modules) {
          const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1];
          if (name) used.add(name);
        }
      }
      const texts = [...used].sort().map((name) => {
        const about = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as { version: string; license: string };
        const file = readdirSync(`node_modules/${name}`).find((f) => /^licen[cs]e/i.test(f));
        return `${name} ${about.version} (${about.license})\n\n${file ? readFileSync(`node_modules/${name}/${file}`, 'utf8').trim() : ''}\n`;
      });
      this.emitFile({ type: 'asset', fileName: 'licenses.txt', source: texts.join(`\n${'─'.repeat(80)}\n\n`) });
    },
  };
}

export default defineConfig({
  plugins: [svelte(), licences(), packed()],
  // Every page loads a handful of small files from one server: naming them all at the start costs more than it saves.
  build: { outDir: 'dist/site', target: 'es2022', modulePreload: { polyfill: false, resolveDependencies: (_, all) => all.filter((name) => name.endsWith('.css')) }, assetsInlineLimit: 0, sourcemap: false, reportCompressedSize: false },
  server: { proxy: { '/api': process.env.COULISSES ?? 'http://127.0.0.1:8000' } },
});
