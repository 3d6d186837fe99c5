import loadMujoco, { type MainModule } from "@mujoco/mujoco";

export type Mujoco = MainModule;

let loaded: Promise<Mujoco> | undefined;

/** MuJoCo's WebAssembly module, compiled once per thread (about 0.2 s). */
export function mujoco(): Promise<Mujoco> {
  return (loaded ??= loadMujoco());
}
