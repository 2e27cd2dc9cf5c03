using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Admin.Stores;

/// <summary>Reads of a batch's manifest what a check needs: the digests of its sealed parts.</summary>
internal static class Manifests
{
    public static IReadOnlyList<Digest>? PartsOf(ReadOnlyMemory<byte> manifest) =>
        SignedEntry.TryParse(manifest.Span, out var entry, out _) ? entry.Entry switch { BatchEntry batch => batch.Parts, ResealEntry reseal => reseal.Parts, _ => null } : null;
}
