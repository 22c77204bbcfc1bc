import {
  Activity,
  Banknote,
  Building2,
  Database,
  KeyRound,
  Layers3,
  type LucideIcon,
  Plug,
  UserCog,
  Users,
  UsersRound,
} from "lucide-react";

export type Section = { href: string; word: SectionWord; icon: LucideIcon };
type SectionWord =
  | "providers"
  | "keys"
  | "environments"
  | "storage"
  | "prices"
  | "members"
  | "account"
  | "people"
  | "projects"
  | "health";
export type Group = { word: "project" | "you" | "installation"; sections: readonly Section[] };

/** The pages of the settings by what they are about. */
export const GROUPS: readonly Group[] = [
  {
    word: "project",
    sections: [
      { href: "/settings/providers", word: "providers", icon: Plug },
      { href: "/settings/keys", word: "keys", icon: KeyRound },
      { href: "/settings/environments", word: "environments", icon: Layers3 },
      { href: "/settings/storage", word: "storage", icon: Database },
      { href: "/settings/prices", word: "prices", icon: Banknote },
      { href: "/members", word: "members", icon: Users },
    ],
  },
  { word: "you", sections: [{ href: "/account", word: "account", icon: UserCog }] },
  {
    word: "installation",
    sections: [
      { href: "/admin", word: "people", icon: UsersRound },
      { href: "/admin/projects", word: "projects", icon: Building2 },
      { href: "/admin/health", word: "health", icon: Activity },
    ],
  },
];

/** The groups that this person sees: the installation is for its administrators. */
export function groupsFor(isInstanceAdmin: boolean): readonly Group[] {
  return isInstanceAdmin ? GROUPS : GROUPS.filter((group) => group.word !== "installation");
}
