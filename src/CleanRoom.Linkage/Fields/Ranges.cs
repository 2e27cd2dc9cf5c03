using System.Collections.Concurrent;

namespace CleanRoom.Linkage.Fields;

/// <summary>Runs what stands apart for each item on all threads, in ranges large enough to be worth it.</summary>
internal static class Ranges
{
    private const int Size = 8192;

    /// <summary>Makes room for so many items, and for some more to come.</summary>
    public static void Grow<T>(ref T[] array, int count)
    {
        if (array.Length < count)
        {
            Array.Resize(ref array, array.Length == 0 ? count : Math.Max(count, array.Length + (array.Length / 2)));
        }
    }

    /// <summary>Calls <paramref name="range"/> with parts of [<paramref name="from"/>, <paramref name="end"/>): on this thread if there are few.</summary>
    public static void For(int from, int end, Action<int, int> range, int threads = -1)
    {
        if (end - from <= Size)
        {
            range(from, end);
            return;
        }
        _ = Parallel.ForEach(Partitioner.Create(from, end, Size), new ParallelOptions { MaxDegreeOfParallelism = threads }, part => range(part.Item1, part.Item2));
    }

    /// <summary>Calls <paramref name="work"/> with each item, one at a time for who is free: a few items of very different size. The largest come first.</summary>
    public static void Each<T>(IEnumerable<T> items, Action<T> work, int threads = -1) =>
        Parallel.ForEach(Partitioner.Create(items, EnumerablePartitionerOptions.NoBuffering), new ParallelOptions { MaxDegreeOfParallelism = threads }, work);
}
