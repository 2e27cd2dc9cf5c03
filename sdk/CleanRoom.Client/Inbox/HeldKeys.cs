using CleanRoom.Cryptography;

namespace CleanRoom.Client.Inbox;

/// <summary>Inbox keys that are open while messages are read one after the other; closed, and so overwritten, when there is nothing to read.</summary>
internal sealed class HeldKeys(Func<KeyId, HpkePrivateKey?> open) : IDisposable
{
    private readonly Dictionary<KeyId, HpkePrivateKey?> _keys = [];

    /// <summary>The private key; null if the profile does not hold it. It stays this object's.</summary>
    public HpkePrivateKey? Find(KeyId id)
    {
        if (!_keys.TryGetValue(id, out var key))
        {
            key = _keys[id] = open(id);
        }

        return key;
    }

    /// <summary>Closes all of them; the next one that is asked for is opened anew.</summary>
    public void Close()
    {
        foreach (var key in _keys.Values)
        {
            key?.Dispose();
        }

        _keys.Clear();
    }

    public void Dispose() => Close();
}
