/** What the demo's workload does: says something, waits until somebody came in over SSH, for at most 20 s, and ends. */
export const workloadCommand = ["/bin/sh", "-c", `
echo "hello from the workload of this grant" > greeting
echo $$ > workload.pid
n=0
while [ ! -e visited ] && [ $n -lt 200 ]; do sleep 0.1; n=$((n + 1)); done
`] as const;

/** What the demo runs over SSH. A constant, in single quotes for whatever shell the user has. */
export const visitCommand = `exec /bin/sh -c '
n=0
while [ ! -s workload.pid ] && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done
cat greeting
echo "this is $(uname -s) $(uname -m), in $PWD"
echo "processes: $PPID $(cat workload.pid)"
touch visited
'`;

/** The process ids that the visit has printed: the instance and its workload. */
export function processIdsIn(visitOutput: string): readonly number[] {
  return (/^processes: ([\d ]+)$/m.exec(visitOutput)?.[1] ?? "").split(" ").filter((word) => word !== "").map(Number);
}
