using System.Runtime.InteropServices;

namespace CleanRoom.Linkage;

/// <summary>
/// Which records share a key. Numbers only, in three arrays: an index of millions of keys holds nothing that the collector would have to follow, nor anything that an added record would
/// have it look at again.
/// </summary>
internal sealed class RecordBlocks
{
    private const int None = -1;

    private readonly Dictionary<ulong, Block> _blocks = [];
    private Node[] _nodes = [];
    private int _used;
    private int _free = None;

    /// <summary>Whether any record has a key.</summary>
    public bool Contains(ulong key) => _blocks.ContainsKey(key);

    /// <summary>The records that share a key, in no order; none of a key that nobody has.</summary>
    public Block Of(ulong key) => _blocks.GetValueOrDefault(key);

    /// <summary>Puts a record under a key; once only.</summary>
    public void Add(ulong key, int record)
    {
        ref var block = ref CollectionsMarshal.GetValueRefOrAddDefault(_blocks, key, out _);
        block = block.Count switch
        {
            0 => new Block(1, record),
            1 => new Block(2, Link(record, Link(block.First, None))),
            _ => new Block(block.Count + 1, Link(record, block.First)),
        };
    }

    /// <summary>Takes a record away from a key that it is under, and the key with its last one.</summary>
    public void Remove(ulong key, int record)
    {
        ref var block = ref CollectionsMarshal.GetValueRefOrNullRef(_blocks, key);
        if (block.Count == 1)
        {
            _ = _blocks.Remove(key);
            return;
        }
        var (at, before) = (block.First, None);
        while (_nodes[at].Record != record)
        {
            (before, at) = (at, _nodes[at].Next);
        }
        var first = block.First;
        if (before == None)
        {
            first = _nodes[at].Next;
        }
        else
        {
            _nodes[before].Next = _nodes[at].Next;
        }
        Unlink(at);
        if (block.Count > 2)
        {
            block = new Block(block.Count - 1, first);
            return;
        }
        block = new Block(1, _nodes[first].Record);
        Unlink(first);
    }

    /// <summary>Adds the records of a block to a list.</summary>
    public void Gather(Block block, List<int> found)
    {
        if (block.Count == 1)
        {
            found.Add(block.First);
            return;
        }
        for (var at = block.Count == 0 ? None : block.First; at != None; at = _nodes[at].Next)
        {
            found.Add(_nodes[at].Record);
        }
    }

    private int Link(int record, int next)
    {
        var at = _free;
        if (at != None)
        {
            _free = _nodes[at].Next;
        }
        else
        {
            if (_used == _nodes.Length)
            {
                Array.Resize(ref _nodes, Math.Max(16, checked(_nodes.Length * 2)));
            }
            at = _used++;
        }
        _nodes[at] = new Node { Record = record, Next = next };
        return at;
    }

    private void Unlink(int at)
    {
        _nodes[at] = new Node { Record = None, Next = _free };
        _free = at;
    }

    /// <summary>Records that share a key. Most keys are of one record alone: then it stands here and costs no node.</summary>
    /// <param name="Count">How many.</param>
    /// <param name="First">The record if it is one, else the node of the first; nothing to anybody but the blocks it is of.</param>
    public readonly record struct Block(int Count, int First);

    private struct Node
    {
        public int Record;
        public int Next;
    }
}
