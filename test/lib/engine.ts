// Which column of DESIGN section 6 the tests run on: MATINEE_ENGINE=embedded (SQLite and the cache in process, the default) or
// scaled (PostgreSQL and Redis). The servers are started once for a run (global.ts). There, MATINEE_BIN is replaced by a
// script that gives every data folder a database of its own on both, so that no test has to know on what it runs.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { databaseCreate, databaseQuery, programFolder } from './postgres.ts';

export type Engine = 'embedded' | 'scaled';
export const engine: Engine = process.env.MATINEE_ENGINE === 'scaled' ? 'scaled' : 'embedded';

const databaseName = (data: string) => 'm_' + createHash('sha256').update(data).digest('hex').slice(0, 20);

/** The database of a data folder, made when it is not there; undefined on the embedded engine. */
export function databaseOf(data: string): string | undefined {
  if (engine === 'embedded') return undefined;
  return databaseCreate(process.env.MATINEE_TEST_PG!, databaseName(resolve(data)));
}

/** Forgets what the engines hold for a data folder. */
export function engineRemove(data: string): void {
  if (engine === 'scaled') databaseQuery(process.env.MATINEE_TEST_PG!, 'postgres', `DROP DATABASE IF EXISTS "${databaseName(resolve(data))}" WITH (FORCE)`);
}

/** The cache of a data folder forgets everything, as it does in process when the program ends. */
export function cacheForget(data: string): void {
  if (engine === 'embedded') return;
  const line = readFileSync(join(process.env.MATINEE_TEST_PG!, 'redis-folders'), 'utf8').split('\n').indexOf(resolve(data)) + 1;
  execFileSync('redis-cli', ['-p', process.env.MATINEE_TEST_REDIS!, '-n', String(line), 'flushdb'], { stdio: 'ignore' });
}

/** A script that is the program on the scaled engine. It becomes the program (exec), so its process is the program's. */
export function wrapperWrite(dir: string, program: string, redisPort: number): string {
  const path = join(dir, 'matinee');
  const quoted = (s: string) => `'${s.replaceAll("'", `'\\''`)}'`;
  writeFileSync(path, `#!/bin/bash
data=
for ((i = 1; i <= $#; i++)); do
    case \${!i} in
    --data) j=$((i + 1)); data=\${!j} ;;
    --data=*) data=\${!i}; data=\${data#--data=} ;;
    esac
done
if [ -n "$data" ] && [ -z "\${MATINEE_STORE_URL+set}" ]; then
    name=m_$(printf %s "$(realpath -ms "$data")" | sha256sum | cut -c1-20)
    run=(${quoted(join(programFolder(), 'psql'))} -XAtq -h ${quoted(dir)} -U postgres -d postgres)
    if [ -z "$("\${run[@]}" -c "SELECT 1 FROM pg_database WHERE datname = '$name'")" ]; then
        "\${run[@]}" -c "CREATE DATABASE \\"$name\\"" >/dev/null 2>&1 # another may have been faster
    fi
    export MATINEE_STORE_URL="postgresql:///$name?host=${encodeURIComponent(dir)}&user=postgres"
fi
if [ -n "$data" ] && [ -z "\${MATINEE_CACHE_URL+set}" ]; then
    # Redis counts its databases: the line that a folder stands on in this file is the number of its own.
    folders=${quoted(join(dir, 'redis-folders'))}
    exec 9>>"$folders"
    flock 9
    folder=$(realpath -ms "$data")
    line=$(grep -nxF -- "$folder" "$folders" | cut -d: -f1)
    if [ -z "$line" ]; then
        printf '%s\\n' "$folder" >&9
        line=$(wc -l <"$folders")
    fi
    exec 9>&-
    export MATINEE_CACHE_URL="redis://127.0.0.1:${redisPort}/$line"
    # In life a Redis that is slow is gone, and slots fail open; a machine that is busy with tests is only slow.
    export MATINEE_CACHE_DEADLINE=\${MATINEE_CACHE_DEADLINE:-2s}
fi
exec ${quoted(program)} "$@"
`, { mode: 0o755 });
  return path;
}
