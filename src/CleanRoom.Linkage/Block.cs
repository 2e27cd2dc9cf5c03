using System.Runtime.InteropServices;

namespace CleanRoom.Linkage;

/// <summary>The records that share a key, in the order in which they came. Most keys are of one record alone: then the block is that record and costs no object of its own.</summary>
internal struct Block
{
    private object? _held;

    /// <summary>How many.</summary>
    public readonly int Count => _held switch { null => 0, List<PreparedRecord> many => many.Count, _ => 1 };

    /// <summary>One of them.</summary>
    public readonly PreparedRecord this[int index] => _held is List<PreparedRecord> many ? many[index] : (PreparedRecord)_held!;

    /// <summary>Puts a record under a key.</summary>
    public static void Add(Dictionary<ulong, Block> blocks, ulong key, PreparedRecord record)
    {
        ref var block = ref CollectionsMarshal.GetValueRefOrAddDefault(blocks, key, out _);
        switch (block._held)
        {
            case null:
                block._held = record;
                break;
            case List<PreparedRecord> many:
                many.Add(record);
                break;
            default:
                block._held = new List<PreparedRecord>(2) { (PreparedRecord)block._held, record };
                break;
        }
    }

    /// <summary>Takes a record away from a key, and the key with its last one.</summary>
    public static void Remove(Dictionary<ulong, Block> blocks, ulong key, PreparedRecord record)
    {
        if (blocks[key]._held is List<PreparedRecord> { Count: > 1 } many)
        {
            _ = many.Remove(record);
        }
        else
        {
            _ = blocks.Remove(key);
        }
    }
}
