import { create } from "zustand";

export type Toast = { id: number; tone: "plain" | "danger"; text: string };

type ToastState = {
  toasts: Toast[];
  show: (text: string, tone?: Toast["tone"]) => void;
  close: (id: number) => void;
};

let last = 0;

/** Short messages at the edge of the page; an error stays until it is closed. */
export const useToasts = create<ToastState>((set, get) => ({
  toasts: [],
  show: (text, tone = "plain") => {
    last += 1;
    const id = last;
    set({ toasts: [...get().toasts.slice(-3), { id, tone, text }] });
    if (tone === "plain") {
      setTimeout(() => {
        get().close(id);
      }, 5000);
    }
  },
  close: (id) => {
    set({ toasts: get().toasts.filter((toast) => toast.id !== id) });
  },
}));
