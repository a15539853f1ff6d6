export interface Sample {
  readonly name: string;
  readonly commandLine: string;
}

export const SAMPLES: readonly Sample[] = [
  {
    name: "400 lines, paced",
    commandLine:
      'i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo "line $i"; [ $((i % 10)) = 0 ] && echo "warning $i" >&2; sleep 0.02; done',
  },
  { name: "20,000 lines at once", commandLine: "seq 1 20000" },
  {
    name: "a line per second",
    commandLine: 'i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo "$(date +%T) seq=$i"; sleep 1; done',
  },
  { name: "a failure", commandLine: "echo 'about to fail'; echo 'no such thing' >&2; exit 3" },
];
