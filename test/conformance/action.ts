// XState's enqueueActions with the types of a machine that is only known once its document is read.
import {
  type EventObject,
  enqueueActions,
  type MachineContext,
  type ParameterizedObject,
  type ProvidedActor,
} from 'xstate'

export const enqueueContent = enqueueActions<
  MachineContext,
  EventObject,
  ParameterizedObject['params'] | undefined,
  EventObject,
  ProvidedActor,
  ParameterizedObject,
  ParameterizedObject,
  string
>
