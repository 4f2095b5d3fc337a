import { hash } from 'node:crypto';
import type { SecretValues } from '@sealctl/core/secret/secret';
import { escapeInDoubleQuotes } from '@sealctl/core/secret/secret';
import { resolvedOrThrow } from './file-scripts.ts';
import type { HostLayout } from '../layout.ts';
import type { Operation } from './operation.ts';
import { shq } from '../quote.ts';
import { assignments, prelude, type Script } from './script-prelude.ts';
import { supervisorScript } from '../supervisor/supervisor.ts';

type Of<Do extends Operation['do']> = Extract<Operation, { do: Do }>;

/** See `ServiceVerb`. */
export function changeService(operation: Of<'service'>, layout: HostLayout): Script {
  return operation.manager === 'systemd' ? systemd(operation, layout) : supervisor(operation, layout);
}

/** How long a started service is watched: one that fails at once has done so by then. */
const watchedS = 2;

function systemd({ name, verb }: Of<'service'>, layout: HostLayout): Script {
  const head = `${prelude(layout)}\n${assignments({ unit: `${name}.service` })}`;
  switch (verb) {
    case 'reload':
      return { script: `${head}guard systemctl daemon-reload\n`, stdin: '' };
    case 'stop':
      return {
        script: `${head}
loaded=$(systemctl show -p LoadState --value -- "$unit")
[ "$loaded" = not-found ] && exit 0
guard systemctl disable --quiet -- "$unit"
guard systemctl stop -- "$unit"
`,
        stdin: '',
      };
    case 'start':
      return {
        script: `${head}
look() {
  main= active= sub= restarts= result=
  while IFS='=' read -r key value; do
    case $key in
      MainPID) main=$value ;;
      ActiveState) active=$value ;;
      SubState) sub=$value ;;
      NRestarts) restarts=$value ;;
      Result) result=$value ;;
    esac
  done <<END
$(systemctl show -p MainPID,ActiveState,SubState,NRestarts,Result -- "$unit")
END
}
down() {
  fail start-failed "$unit is $active ($sub, $result)
$(journalctl -q -n 15 --no-pager -o cat -u "$unit" 2>&1)"
}
guard systemctl enable --quiet -- "$unit"
look
[ "$active" = active ] && exit 0
# One that is between two automatic restarts would count those before against what is started now.
[ "$active" = activating ] && guard systemctl stop -- "$unit"
systemctl reset-failed -- "$unit" 2>/dev/null
said=$(systemctl start -- "$unit" 2>&1) || { look; down; }
look
first=$main
sleep ${watchedS}
look
[ "$active" = active ] && [ "$main" = "$first" ] && [ "$restarts" = 0 ] || down
`,
        stdin: '',
      };
  }
}

function supervisor({ name, verb }: Of<'service'>, layout: HostLayout): Script {
  if (verb === 'reload') return { script: forgetSupervised(name, layout), stdin: '' };
  const head = `${prelude(layout)}
${assignments({
  program: `${layout.services}/supervisor`,
  wanted: hash('sha256', supervisorScript, 'hex'),
  service: `${layout.services}/${name}`,
})}
directory "\${program%/*}" 0700
digest=
[ -f "$program" ] && digest "$program"
if [ "$digest" != "$wanted" ]; then
  put "$program" 077
  settle "$program"
fi
`;
  if (verb === 'stop') {
    return {
      script: `${head}
[ -d "$service" ] || exit 0
sh "$program" stop "$service" || fail stop-failed "$service does not end"
`,
      stdin: supervisorScript,
    };
  }
  return {
    script: `${head}
[ -f "$service/run" ] || fail start-failed "$service has no definition"
process_of() {
  process= restarts=
  while IFS='=' read -r key value; do
    case $key in
      process) process=$value ;;
      restarts) restarts=$value ;;
    esac
  done <"$service/status"
}
down() {
  fail start-failed "$service does not stay up
$(tail -n 15 "$service/log" 2>&1)"
}
# One that is between two automatic restarts is begun anew: what failed before is not held against what is started now.
if [ -f "$service/status" ] && grep -qx state=activating "$service/status"; then
  sh "$program" stop "$service" || fail stop-failed "$service does not end"
fi
sh "$program" start "$service" || down
process_of
first=$process first_restarts=$restarts
sleep ${watchedS}
process_of
[ -n "$process" ] && [ "$process" = "$first" ] && [ "$restarts" = "$first_restarts" ] || down
`,
    stdin: supervisorScript,
  };
}

/** Removes what the supervisor kept of a service that has no definition any more; one that still runs is left alone. */
function forgetSupervised(name: string, layout: HostLayout): string {
  return `${prelude(layout)}
${assignments({ service: `${layout.services}/${name}` })}
[ -d "$service" ] || exit 0
[ -e "$service/run" ] && exit 0
exec 8>"$service/lock"
flock -n 8 || fail still-running "$service is still supervised"
rm -f -- "$service/status" "$service/status.new" "$service/enabled" "$service/log" "$service"/log.[1-9]* "$service/log.new" "$service/lock"
rmdir -- "$service" || fail foreign-file "$service holds files of somebody else"
`;
}

/** See `Operation`. The environment travels on standard input, where no process list shows it. */
export function runProgramScript(operation: Of<'run'>, layout: HostLayout, secrets: SecretValues): Script {
  const { argv, env, runAs = '', timeoutMs, unless = '' } = operation;
  const variables = Object.entries(env).map(
    ([name, value]) =>
      `${name}="${escapeInDoubleQuotes(resolvedOrThrow(value, secrets, `${argv[0] ?? 'a program'}: ${name}`))}"\n`,
  );
  const script = `${prelude(layout)}
${assignments({ unless, account: runAs, limit: String(Math.ceil(timeoutMs / 1000)) })}
[ -n "$unless" ] && [ -e "$unless" ] && exit 0
given=$(cat)
set -- ${argv.map(shq).join(' ')}
if [ -n "$account" ] && [ "$account" != "$(id -un)" ]; then
  set -- setpriv --reuid "$account" --regid "$(id -g -- "$account")" --init-groups -- "$@"
  eval "HOME=~$account"
  export HOME
fi
said=$(
  cd /
  umask 022
  unset LC_ALL
  set -a
  eval "$given"
  set +a
  exec timeout -k 10 "$limit" "$@" </dev/null 2>&1
)
code=$?
[ "$code" -eq 0 ] && exit 0
shown=$(printf %s "$said" | tail -n 20)
[ "$code" -eq 124 ] && fail program-timed-out "$1 had not ended after $limit s
$shown"
fail program-failed "$1 ended with status $code
$shown"
`;
  return { script, stdin: variables.join('') };
}
