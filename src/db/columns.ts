import { customType } from 'drizzle-orm/pg-core';

/** `bytea` as a Buffer: hashes and digests. */
export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });

/** `timestamptz(3)` as a Date: business time is kept to the millisecond, which is what a Date holds. */
export const instant = customType<{ data: Date; driverData: string | Date }>({
  dataType: () => 'timestamp(3) with time zone',
  toDriver: (value) => value.toISOString(),
  fromDriver: (value) => (value instanceof Date ? value : new Date(value)),
});
