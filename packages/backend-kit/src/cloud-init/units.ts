/** Unit of the workload; enabled and started by `ctl start`. `ctl run` runs it once, `ctl ended` reports its end. */
export const workloadUnit = `[Unit]
Description=Workload of the compute grant
ConditionPathExists=/var/lib/bridge/started
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
ExecStart=/usr/lib/bridge/ctl run
ExecStopPost=/usr/lib/bridge/ctl ended
Delegate=yes
CPUAccounting=yes
MemoryAccounting=yes
IPAccounting=yes
KillMode=mixed
TimeoutStartSec=infinity
TimeoutStopSec=20

[Install]
WantedBy=multi-user.target
`;

/** What the deadline timer starts. The workload's unit is stopped on the way and reports its end. */
export const deadlineUnit = `[Unit]
Description=End of the compute grant

[Service]
Type=oneshot
ExecStart=/usr/bin/systemctl --no-block poweroff
`;

/** `2026-11-24 04:05:06 UTC`, as systemd.time(7) reads it; a part of a second counts as a whole. */
const calendarTime = (ms: number): string => `${new Date(Math.ceil(ms / 1000) * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** An absolute timer; it also fires at the next boot if the machine was off at that moment. */
export function deadlineTimer(powerOffAtMs: number): string {
  return `[Unit]
Description=Deadline of the compute grant

[Timer]
OnCalendar=${calendarTime(powerOffAtMs)}
AccuracySec=1s
Persistent=true

[Install]
WantedBy=timers.target
`;
}
