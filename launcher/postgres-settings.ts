// How the embedded PostgreSQL is set, handed over on its command line: the same for old and new data directories.
import os from 'node:os'

export function settingsFor({ socketDirectory, durable }: { socketDirectory: string; durable: boolean }) {
  const roomy = os.totalmem() > 4 * 1024 ** 3
  return {
    // A Unix socket in a private directory is the only way in.
    listen_addresses: '',
    unix_socket_directories: socketDirectory,
    unix_socket_permissions: '0700',
    max_connections: 60,
    // Partitioned tables: a query that prunes late takes a lock per partition and index.
    max_locks_per_transaction: 256,
    shared_buffers: roomy ? '256MB' : '128MB',
    effective_cache_size: `${Math.round(os.totalmem() / 2 / 1024 ** 2)}MB`,
    work_mem: '16MB',
    maintenance_work_mem: '128MB',
    // What is acknowledged is on disk. Only throw-away test clusters give that up.
    fsync: durable ? 'on' : 'off',
    full_page_writes: durable ? 'on' : 'off',
    synchronous_commit: durable ? 'on' : 'off',
    // No standby reads from it, so the log holds what crash recovery needs and no more.
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_logical_replication_workers: 0,
    // Rare, stretched checkpoints: events are written once, and full pages after each checkpoint are the dearest part.
    max_wal_size: '2GB',
    min_wal_size: '256MB',
    checkpoint_timeout: '15min',
    checkpoint_completion_target: 0.9,
    // Deltas and outbox rows come and go; small tables of that kind must not bloat.
    autovacuum_naptime: '15s',
    random_page_cost: 1.1,
    // The cores belong to the ingest line: no compiling of queries, no parallel workers beside it.
    jit: 'off',
    // Which queries cost the most, for the System page; without their values, and without commands such as a change of
    // a password, which have theirs in the text.
    shared_preload_libraries: 'pg_stat_statements',
    'pg_stat_statements.max': 1_000,
    'pg_stat_statements.track_utility': 'off',
    'pg_stat_statements.save': 'on',
    // Details of an error quote whole rows: its log says what went wrong, and not with whose data.
    log_error_verbosity: 'terse',
    log_parameter_max_length_on_error: 0,
    max_parallel_workers_per_gather: 0,
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    log_line_prefix: '%m [%p] %a ',
  } satisfies Record<string, string | number>
}
