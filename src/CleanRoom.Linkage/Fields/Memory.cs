using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace CleanRoom.Linkage.Fields;

/// <summary>Asks the memory for what is needed soon: records of a block lie anywhere, and waiting for them one by one costs more than comparing them.</summary>
internal static class Memory
{
    /// <summary>Asks for the line of the cache that holds an element; nothing where the processor has no such instruction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Fetch<T>(T[] array, nint index)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array), index)));
        }
    }
}
