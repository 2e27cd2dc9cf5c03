using CleanRoom.Cryptography;

namespace CleanRoom.Client.Keys;

/// <summary>One inbox key in a profile: what the enclave seals this member's messages to.</summary>
/// <param name="Period">1 for the first, rising by one.</param>
/// <param name="PublicKey">Public half, for the key entry in the log.</param>
public sealed record InboxKey(int Period, HpkePublicKey PublicKey)
{
    /// <summary>File name of the private key in the profile.</summary>
    internal string File { get; init; } = "";
}
