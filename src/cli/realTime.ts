import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** How the system schedules a thread: before all usual ones, or as one of them. */
export type Priority = "real-time" | "usual";

/** SCHED_FIFO and SCHED_RR of sched(7). */
const realTimePolicies = [1, 2];
/** The least there is: robot drivers and the kernel's own threads stay in front. */
const leastRealTime = 1;

/**
 * Lets this process's main thread, which hears a cell and commands it, go before the usual threads of the
 * machine; what it starts from now on, threads and programs, does not. Only Linux knows priorities
 * of single threads, and only who may use real-time ones (CAP_SYS_NICE, RLIMIT_RTPRIO) gets it.
 *
 * @param program - sets them: that of util-linux.
 * @returns what the thread has now. One that was started as real-time keeps what it was given.
 */
export function takeRealTime(program = "chrt"): Priority {
  if (process.platform !== "linux") return "usual";
  if (isRealTime()) return "real-time";
  const policy = ["--reset-on-fork", "--rr", "--pid", `${leastRealTime}`];
  // A thread's name in the system is a process's: the main thread has the same.
  spawnSync(program, [...policy, `${process.pid}`], { stdio: "ignore" });
  return isRealTime() ? "real-time" : "usual";
}

/** By `policy`, field 41 of proc_pid_stat(5); a name in parentheses, which may hold anything, is field 2. */
function isRealTime(): boolean {
  const stat = readFileSync(`/proc/self/task/${process.pid}/stat`, "latin1");
  const fieldsFromThird = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return realTimePolicies.includes(Number(fieldsFromThird[41 - 3]));
}
