using System.Collections.Concurrent;

namespace CleanRoom.Records.Normalisation.Names;

/// <summary>
/// Tokens and codes that were read lately. Names, towns and countries come again and again: each is romanised once, and held once by all that bear it. What is not asked for ages out;
/// thread-safe. It changes how long reading takes, never what is read.
/// </summary>
public sealed class NameTokenPool
{
    /// <summary>Tokens that are remembered at most, and as many codes: half of them asked for lately, half before.</summary>
    public const int Most = 65_536;

    // A code is short; what is longer hardly comes again.
    private const int LongestCode = 32;

    private readonly Lock _turning = new();
    private volatile Generation _young = new();
    private volatile Generation _old = new();

    /// <summary>Forgets everything: whatever is taken out of an index must not live on here.</summary>
    public void Clear()
    {
        lock (_turning)
        {
            (_young, _old) = (new Generation(), new Generation());
        }
    }

    /// <summary>Gives one and the same string for equal codes: countries, roles, keys of persons.</summary>
    /// <param name="code">The code.</param>
    /// <returns>One that was given before, or this one.</returns>
    public string Share(string code)
    {
        ArgumentNullException.ThrowIfNull(code);
        if (code.Length is 0 or > LongestCode)
        {
            return code;
        }
        var young = _young;
        if (young.Codes.TryGetValue(code, out var shared))
        {
            return shared;
        }
        shared = _old.Codes.GetValueOrDefault(code, code);
        if (young.Codes.TryAdd(code, shared))
        {
            Turn(young, ref young.CodeCount);
        }
        return shared;
    }

    /// <summary>Gives a token, read now if it is not remembered.</summary>
    /// <param name="text">The folded token.</param>
    /// <param name="kind">Its part in the name.</param>
    /// <param name="read">Reads it; null if it has no reading.</param>
    internal NameToken? Get(string text, NameTokenKind kind, Func<string, NameTokenKind, NameToken?> read)
    {
        var young = _young;
        if (young.Tokens.TryGetValue((text, kind), out var token))
        {
            return token;
        }
        if (!_old.Tokens.TryGetValue((text, kind), out token))
        {
            token = read(text, kind);
        }
        if (young.Tokens.TryAdd((text, kind), token))
        {
            Turn(young, ref young.TokenCount);
        }
        return token;
    }

    private void Turn(Generation young, ref int count)
    {
        if (Interlocked.Increment(ref count) == Most / 2)
        {
            lock (_turning)
            {
                if (_young == young)
                {
                    (_young, _old) = (new Generation(), young);
                }
            }
        }
    }

    private sealed class Generation
    {
        public int TokenCount;
        public int CodeCount;

        public ConcurrentDictionary<string, string> Codes { get; } = new(StringComparer.Ordinal);

        public ConcurrentDictionary<(string Text, NameTokenKind Kind), NameToken?> Tokens { get; } = new();
    }
}
