import { create } from "zustand";

type ExpiryState = { isExpired: boolean; expire: () => void; renew: () => void };

/**
 * Whether the session ended while a page was open. The page stays as it is, with its text, under a
 * dialog that signs in again.
 */
export const useExpiry = create<ExpiryState>((set) => ({
  isExpired: false,
  expire: () => {
    set({ isExpired: true });
  },
  renew: () => {
    set({ isExpired: false });
  },
}));
