/** The configuration of a worker, or of a caller. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { SchemaCheck } from '../schemas.js';
import type { NatsConfig } from '../store/connection.js';
import type { LogLevel } from './log-level.js';

/** A vCenter, and as whom to log in. */
export interface VCenterConfig {
  readonly server: string;
  readonly user: string;
  readonly passwordFile: string;
  readonly thumbprint?: string;
  readonly caFile?: string;
}

/** What a caller needs. */
export interface FleetConfig {
  readonly nats: NatsConfig;
  readonly prefix: string;
}

/** What a worker needs. */
export interface WorkerConfig extends FleetConfig {
  readonly name: string;
  readonly replicas: number;
  readonly leaseSeconds: number;
  readonly maxWaitsPerVCenter: number;
  readonly http?: { readonly host: string; readonly port: number };
  readonly logLevel: LogLevel;
  readonly vcenters: Readonly<Record<string, VCenterConfig>>;
}

/** The configuration cannot be used; the message names the file, the option and what is wrong. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Ways to log in to NATS, each by a file. */
const LOG_IN_FILES = ['credentialsFile', 'passwordFile', 'tokenFile'] as const;

type Partly<T> = { -readonly [Key in keyof T]?: T[Key] };

const workerCheck = new SchemaCheck<WorkerConfig>('worker-config');
const fleetCheck = new SchemaCheck<FleetConfig>('fleet-config');

/** Reads the file of a worker. What is left out is as the schema tells. */
export function readWorkerConfig(path: string): WorkerConfig {
  const config = read<WorkerConfig>(path, workerCheck);
  const inFolder = (file: string): string => resolve(dirname(path), file);
  const vcenters = Object.entries(config.vcenters ?? {}).map(([name, vcenter]) => [
    name,
    {
      ...vcenter,
      passwordFile: inFolder(vcenter.passwordFile),
      ...(vcenter.caFile === undefined ? {} : { caFile: inFolder(vcenter.caFile) }),
    },
  ]);
  const { http } = config;
  return {
    ...(config as WorkerConfig),
    name: config.name ?? machineName(),
    replicas: config.replicas ?? 3,
    leaseSeconds: config.leaseSeconds ?? 15,
    maxWaitsPerVCenter: config.maxWaitsPerVCenter ?? 2000,
    logLevel: config.logLevel ?? 'info',
    ...(http === undefined ? {} : { http: { ...http, host: http.host ?? '127.0.0.1' } }),
    vcenters: Object.fromEntries(vcenters),
  };
}

/** Reads the file of a caller; a worker's will do. */
export function readFleetConfig(path: string): FleetConfig {
  return read<FleetConfig>(path, fleetCheck) as FleetConfig;
}

function read<Config extends FleetConfig>(path: string, check: SchemaCheck<Config>): Partly<Config> {
  let config: Partly<Config>;
  try {
    config = JSON.parse(readFileSync(path, 'utf8')) as Partly<Config>;
  } catch (error) {
    const why =
      error instanceof SyntaxError ? 'is not JSON' : `cannot be read (${(error as NodeJS.ErrnoException).code})`;
    throw new ConfigError(`the configuration ${path} ${why}`);
  }
  const problem = check.problem(config);
  if (problem !== undefined) {
    throw new ConfigError(`the configuration ${path} cannot be used: ${problem}`);
  }
  const { nats } = config as FleetConfig;
  const inFolder = (file: string): string => resolve(dirname(path), file);
  const { tls } = nats;
  const files = LOG_IN_FILES.filter((name) => nats[name] !== undefined);
  if (files.length > 1) {
    const both = files.map((name) => `nats.${name}`).join(' and ');
    throw new ConfigError(`the configuration ${path} cannot be used: it has ${both}: give one of them`);
  }
  return {
    ...config,
    prefix: config.prefix ?? 'vmc',
    nats: {
      ...nats,
      ...Object.fromEntries(files.map((name) => [name, inFolder(nats[name] ?? '')])),
      ...(tls === undefined
        ? {}
        : { tls: Object.fromEntries(Object.entries(tls).map(([name, file]) => [name, inFolder(file)])) }),
    },
  };
}

function machineName(): string {
  return hostname()
    .replaceAll(/[^A-Za-z0-9_-]/g, '-')
    .slice(0, 64);
}
