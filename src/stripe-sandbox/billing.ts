import type { DueWork, Endpoint, Follower, Includes, Page } from './call.ts';

/** Products, prices, subscriptions, invoices and checkout sessions. */
export const BILLING_ENDPOINTS: readonly Endpoint[] = [];

/** The checkout page and what belongs to it. */
export const BILLING_PAGES: readonly Page[] = [];

/** Renewals, retries and expiry. */
export const DUE_WORK: readonly DueWork[] = [];

/** Invoices and checkout sessions are told how their payments went. */
export const BILLING_FOLLOWERS: readonly Follower[] = [];

/** Members that are answered only when expanded. */
export const BILLING_INCLUDES: Includes = {};
