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
    name: "colours",
    commandLine:
      'i=0; while [ $i -lt 256 ]; do printf "\\033[38;5;%dm%3d \\033[48;5;%dm  \\033[0m " $i $i $i; i=$((i+1)); [ $((i % 16)) = 0 ] && echo; done; printf "\\033[1mbold\\033[0m \\033[3mitalic\\033[0m \\033[4munderlined\\033[0m \\033[7minverse\\033[0m \\033[38;2;255;120;0mtrue colour\\033[0m\\n"; printf "\\033[31mwrong\\033[0m\\n" >&2',
  },
  {
    name: "a line per second",
    commandLine: 'i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo "$(date +%T) seq=$i"; sleep 1; done',
  },
  { name: "a failure", commandLine: "echo 'about to fail'; echo 'no such thing' >&2; exit 3" },
];
