"use client";

/** What a person has to know at the sign-in: that a password was reset. */
export function SessionNotices() {
  return null;
}
