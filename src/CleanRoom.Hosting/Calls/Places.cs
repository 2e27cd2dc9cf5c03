using System.Collections.Concurrent;

namespace CleanRoom.Hosting.Calls;

/// <summary>So many at a time for each key: connections of a peer, streams of a member. Keeps nothing of keys that hold none. Safe for concurrent use.</summary>
/// <typeparam name="TKey">Whose places are counted together.</typeparam>
/// <param name="each">Places of each key.</param>
public sealed class Places<TKey>(int each)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, int> _taken = new();

    /// <summary>Places that are taken, of all keys.</summary>
    public int Taken => _taken.Values.Sum();

    /// <summary>Takes a place until the result is disposed of.</summary>
    /// <returns>The place, or <see langword="null"/> if the key has all it may have.</returns>
    public IDisposable? TryEnter(TKey key)
    {
        while (true)
        {
            if (!_taken.TryGetValue(key, out var count))
            {
                if (_taken.TryAdd(key, 1))
                {
                    return new Place(this, key);
                }
            }
            else if (count >= each)
            {
                return null;
            }
            else if (_taken.TryUpdate(key, count + 1, count))
            {
                return new Place(this, key);
            }
        }
    }

    private void Leave(TKey key)
    {
        while (_taken.TryGetValue(key, out var count))
        {
            if (count > 1 ? _taken.TryUpdate(key, count - 1, count) : _taken.TryRemove(new KeyValuePair<TKey, int>(key, count)))
            {
                return;
            }
        }
    }

    private sealed class Place(Places<TKey> places, TKey key) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                places.Leave(key);
            }
        }
    }
}
