"use client";

import {
  closestCenter,
  DndContext,
  type DragEndEvent,
  KeyboardSensor,
  PointerSensor,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import {
  arrayMove,
  SortableContext,
  sortableKeyboardCoordinates,
  useSortable,
  verticalListSortingStrategy,
} from "@dnd-kit/sortable";
import { GripVertical } from "lucide-react";
import { useRef } from "react";

import { Button } from "@/components/ui/button";
import { useWords } from "@/lib/i18n/words";

import type { Constraint } from "../content";
import { ConstraintRow, type ConstraintsProps } from "./constraint-row";

/** The constraints in their order; the handle moves one by dragging or with space and the arrows. */
export function SortableConstraints(props: ConstraintsProps) {
  const { constraints, onChange } = props;
  const words = useWords("editor.builder");
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  );
  const numberOf = (key: string | number) => constraints.findIndex((one) => one.key === key) + 1;
  const total = constraints.length;
  const wasTakenUp = useRef(false);

  function move({ active, over }: DragEndEvent) {
    if (over === null || active.id === over.id) return;
    onChange(arrayMove(constraints, numberOf(active.id) - 1, numberOf(over.id) - 1));
  }

  return (
    <DndContext
      sensors={sensors}
      collisionDetection={closestCenter}
      onDragEnd={move}
      accessibility={{
        screenReaderInstructions: { draggable: words("dragHelp") },
        announcements: {
          onDragStart: ({ active }) => {
            wasTakenUp.current = true;
            return words("dragStart", { number: numberOf(active.id), total });
          },
          onDragOver: ({ active, over }) => {
            // That it is over its own place comes at once, and would drown that it was taken up.
            const isFirst = wasTakenUp.current;
            wasTakenUp.current = false;
            if (isFirst && over?.id === active.id) return undefined;
            return over === null ? "" : words("dragOver", { number: numberOf(over.id), total });
          },
          onDragEnd: ({ over }) =>
            over === null ? "" : words("dragEnd", { number: numberOf(over.id), total }),
          onDragCancel: () => words("dragCancel"),
        },
      }}
    >
      <SortableContext
        items={constraints.map(({ key }) => key)}
        strategy={verticalListSortingStrategy}
      >
        {constraints.map((constraint, index) => (
          <SortableRow
            key={constraint.key}
            constraint={constraint}
            number={index + 1}
            list={props}
          />
        ))}
      </SortableContext>
    </DndContext>
  );
}

type RowProps = { constraint: Constraint; number: number; list: ConstraintsProps };

function SortableRow({ constraint, number, list }: RowProps) {
  const words = useWords("editor.builder");
  const { attributes, listeners, setNodeRef, setActivatorNodeRef, transform, transition } =
    useSortable({ id: constraint.key, disabled: list.isReadOnly });
  return (
    <ConstraintRow
      {...list}
      ref={setNodeRef}
      constraint={constraint}
      number={number}
      style={{
        transform: transform === null ? undefined : `translateY(${transform.y}px)`,
        transition,
      }}
      handle={
        <Button
          ref={setActivatorNodeRef}
          variant="ghost"
          size="icon-sm"
          className="mt-6 cursor-grab touch-none"
          {...attributes}
          {...listeners}
          aria-label={words("moveConstraint", { number })}
        >
          <GripVertical />
        </Button>
      }
    />
  );
}
