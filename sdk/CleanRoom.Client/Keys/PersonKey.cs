using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Keys;

/// <summary>One person's key in a profile: who, what for, and its public half.</summary>
/// <param name="Person">Opaque id of the person, 1 to 64 characters out of a-z, 0-9 and -; not a name.</param>
/// <param name="Roles">What it may do; never transport.</param>
/// <param name="PublicKey">Public half, for the person entry in the log.</param>
public sealed record PersonKey(string Person, PersonRoles Roles, VerifyingKey PublicKey)
{
    /// <summary>Where the private key lies if a token or vault holds it; null: in a file of the profile.</summary>
    public KeyAddress? Address { get; init; }

    /// <summary>File name of the private key in the profile; empty if a token or vault holds it.</summary>
    internal string File { get; init; } = "";
}
