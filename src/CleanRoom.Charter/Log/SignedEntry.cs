using System.Diagnostics.CodeAnalysis;
using CleanRoom.Charter.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Log;

/// <summary>A leaf that parsed: what it says, and who is said to have signed. The signature is judged with <see cref="Verify"/>.</summary>
public sealed class SignedEntry
{
    private SignedEntry(Entry entry, KeyId signedBy, byte[] leaf)
    {
        Entry = entry;
        SignedBy = signedBy;
        Leaf = leaf;
        LeafHash = MerkleTree.LeafHash(leaf);
    }

    /// <summary>What it says.</summary>
    public Entry Entry { get; }

    /// <summary>The key that is said to have signed.</summary>
    public KeyId SignedBy { get; }

    /// <summary>The bytes of the leaf.</summary>
    public ReadOnlyMemory<byte> Leaf { get; }

    /// <summary>RFC 6962 leaf hash.</summary>
    public Digest LeafHash { get; }

    /// <summary>Verifies the signature. It is read from the leaf anew: whoever keeps a log verifies each entry once, and would hold each payload twice for ever.</summary>
    public bool Verify(VerifyingKey key) => Jws.TryParse(Leaf.Span, out var jws, Entry.MaxLeafSize) && jws.Verify(key);

    /// <summary>Parses a leaf.</summary>
    /// <param name="leaf">ASCII of a compact JWS, at most <see cref="Entry.MaxLeafSize"/> bytes.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="error">The first thing that is wrong.</param>
    public static bool TryParse(ReadOnlySpan<byte> leaf, [NotNullWhen(true)] out SignedEntry? entry, [NotNullWhen(false)] out CharterError? error)
    {
        entry = null;
        error = null;
        if (leaf.Length > Entry.MaxLeafSize)
        {
            error = new CharterError("", "The entry is longer than 256 KiB", "split it");
        }
        else if (!Jws.TryParse(leaf, out var jws, Entry.MaxLeafSize))
        {
            error = new CharterError("", "The entry is not a compact JWS with ES256", "let the cleanroom tool write it");
        }
        else if (jws.Type != Entry.JwsType)
        {
            error = new CharterError("typ", "the signature was made for something else", $"sign with type {Entry.JwsType}");
        }
        else if (!StrictJson.TryParseCanonical(jws.Payload.Span, out var document, Entry.MaxLeafSize))
        {
            error = new CharterError("", "The entry's payload is not canonical JSON (RFC 8785)", "let the cleanroom tool write it");
        }
        else
        {
            using (document)
            {
                var problems = new Problems();
                var read = EntryReader.Read(new JsonFields(document.RootElement, "", problems), jws.Payload);
                if (read is not null && !problems.Any)
                {
                    entry = new SignedEntry(read, jws.KeyId, leaf.ToArray());
                    return true;
                }

                error = problems.Errors[0];
            }
        }

        return false;
    }
}
