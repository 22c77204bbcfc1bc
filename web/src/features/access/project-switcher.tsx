"use client";

import { Layers } from "lucide-react";

import { Button } from "@/components/ui/button";
import { Menu, MenuChoice, MenuLabel } from "@/components/ui/menu";
import { useWords } from "@/lib/i18n/words";

import { chooseProject, useProject, useSession } from "./api";

/** Which project the pages show; each of the person's projects is one choice away. */
export function ProjectSwitcher({ className }: { className?: string }) {
  const words = useWords("common");
  const { data } = useSession();
  const project = useProject();
  const projects = data?.projects ?? [];
  return (
    <Menu
      trigger={
        <Button
          variant="ghost"
          size="icon"
          className={className}
          aria-label={words("projectIs", { project: project?.name ?? "—" })}
          title={project?.name}
        >
          <Layers />
        </Button>
      }
    >
      <MenuLabel>{words("project")}</MenuLabel>
      {projects.map((one) => (
        <MenuChoice
          key={one.id}
          checked={one.slug === project?.slug}
          onSelect={() => {
            chooseProject(one.slug);
          }}
        >
          <span className="min-w-0 flex-1 truncate">{one.name}</span>
          <span className="text-xs text-muted">{words(`roles.${one.role}`)}</span>
        </MenuChoice>
      ))}
      {projects.length === 0 ? <MenuLabel>{words("noProject")}</MenuLabel> : null}
    </Menu>
  );
}
